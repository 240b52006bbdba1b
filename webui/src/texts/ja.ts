/** Every text of the page in Japanese. `en.ts` has the same keys: the type sees to it. */

export const ja = {
  skipToComposer: "入力欄へ移動",
  close: "閉じる",
  cancel: "やめる",
  save: "保存",
  skipToContent: "本文へ移動",
  backToChat: "チャットへ戻る",
  settings: "設定",

  table: {
    actions: "操作",
    more: "続きを表示",
    loading: "読み込んでいます",
    asTable: "数字の表を見る",
  },

  frame: {
    stale: "画面の一部を読み込めませんでした。サーバーが更新されたのかもしれません。",
    reload: "再読み込み",
  },

  sidebar: {
    label: "チャットの一覧",
    open: "一覧を開く",
    close: "一覧を閉じる",
    newChat: "新しいチャット",
    untitled: "新しいチャット",
    running: "回答中",
  },

  mode: {
    singleUser: "このサーバーはこの端末からだけ使えます（サインインなし）",
  },

  model: {
    label: "モデル",
    choose: "モデルの選択:",
    compare: "モデルを比べる",
    none: "使えるモデルがありません",
    noneHelp: "サーバーの端末で jimae pull を実行すると、モデルを入手できます。",
    states: {
      available: "最初の質問で読み込みます",
      loading: "読み込み中",
      ready: "すぐに使えます",
      restarting: "再起動中",
      failed: "読み込めませんでした",
      closed: "停止中",
    },
    default: "標準",
    context: (tokens: string) => `一度に ${tokens} トークンまで`,
  },

  empty: {
    greeting: "今日は何をしましょうか",
    promise: "入力した内容は、このサーバーの外に送られません。",
    starters: "よく使う頼みごと",
  },

  composer: {
    label: "メッセージ",
    placeholder: "質問や頼みごとを入力",
    send: "送信",
    stop: "停止",
    hints: {
      enter: "Enter で送信・Shift + Enter で改行",
      "ctrl-enter": "Ctrl + Enter で送信・Enter で改行",
    },
    caution: "回答には誤りが含まれることがあります。大切なことは確かめてください。",
  },

  conversation: {
    label: "会話",
    toLatest: "最新へ",
    you: "あなた",
    answer: "回答",
  },

  answer: {
    copy: "コピー",
    copyAnswer: "回答をコピー",
    copyCode: "コードをコピー",
    copied: "コピーしました",
    copyFailed: "コピーできませんでした",
    again: "もう一度",
    regenerate: "答え直す",
    table: "表",
    code: "コード",
    stopped: "ここで停止しました。",
    cut: "回答はここで途切れました。",
    length: "長さの上限に達したため、ここで切れています。",
    ended: "回答が終わりました。",
    tokens: (tokens: string) => `${tokens} トークン`,
    speed: (rate: string) => `毎秒 ${rate}`,
  },

  wait: {
    sent: "送信しました",
    queued: (position: string) => `順番を待っています（${position}番目）`,
    queuedFor: (position: string, time: string) => `順番を待っています（${position}番目、約${time}）`,
    prefill: (percent: string) => `文章を読んでいます ${percent}%`,
    loading: "モデルを読み込んでいます",
    loadingFor: (time: string) => `モデルを読み込んでいます（あと約${time}）`,
    writing: "考えています",
  },

  time: {
    seconds: (count: string) => `${count}秒`,
    minutes: (count: string) => `${count}分`,
  },

  server: {
    lost: "サーバーにつながりません",
    lostHelp: "再起動しているのかもしれません。つながるまで自動で確かめます。入力はそのまま残っています。",
    back: "サーバーにつながりました。",
  },

  errors: {
    unreachable: "サーバーにつながりませんでした。",
    connection_lost: "回答の途中で接続が切れました。",
    unknown: "サーバーで問題が起きました。",
  } as Record<string, string>,
  errorCode: (code: string) => `コード: ${code}`,
};

export type Texts = typeof ja;
