/** What the menu and the list of shortcuts say. */

export const ja = {
  menu: {
    account: "アカウント",
    work: { templates: "定型プロンプト", compare: "モデルを比べる", preferences: "回答のしかた" },
    admin: "管理",
    audit: "監査ログ",
    setup: "アカウントを作って共有する",
    shortcuts: "キーボードの一覧",
    signOut: "サインアウト",
    roles: { user: "利用者", manager: "グループ管理者", admin: "管理者", auditor: "監査担当" },
  },

  shortcuts: {
    title: "キーボードでできること",
    anywhere: "どこでも",
    composer: "入力欄で",
    meanings: {
      new: "新しいチャット",
      search: "探す（チャット。管理では画面・利用者・キーなど）",
      composer: "入力欄へ移動",
      sidebar: "一覧へ移動",
      settings: "設定を開く",
      help: "この一覧を開く",
    },
    send: "送信",
    newLine: "改行",
    stop: "回答を止める",
  },

  settings: {
    language: "言語",
    theme: "配色",
    themes: { auto: "自動", light: "明るい", dark: "暗い" },
    contrast: "コントラスト",
    contrasts: { auto: "自動", more: "高い" },
    textSize: "文字の大きさ",
    textSizes: { small: "小", normal: "標準", large: "大", larger: "特大" },
    sendKey: "送信するキー",
    sendKeys: { enter: "Enter", "ctrl-enter": "Ctrl + Enter" },
    sendKeyHelp: "変換を確定する Enter では送信しません。",
    version: (version: string) => `jimae ${version}`,
  },
};

export type MenuTexts = typeof ja;
