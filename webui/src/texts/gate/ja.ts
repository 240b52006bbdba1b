/** What is said before somebody is let in. */

export const ja = {
  signIn: {
    title: "サインイン",
    again: "サインインの期限が切れました。もう一度サインインしてください。書きかけの文章は残っています。",
    name: "名前",
    password: "パスワード",
    show: "パスワードを表示",
    hide: "パスワードを隠す",
    submit: "サインイン",
    working: "確かめています",
    or: "または",
    provider: (name: string) => `${name} でサインイン`,
    providerFailed: "外部の認証を終えられませんでした。もう一度お試しください。",
    locked: (time: string) => `続けて間違えたため、あと${time}は試せません。`,
    unlocked: "もう一度お試しいただけます。",
    forgotten: "パスワードを忘れたときは、管理者にご相談ください。",
    promise: "入力した内容は、このサーバーの外に送られません。",
  },

  password: {
    title: "新しいパスワードを決めてください",
    why: "使い始める前に、ご自分のパスワードに変えていただきます。",
    current: "今のパスワード",
    next: "新しいパスワード",
    repeat: "新しいパスワード（確認）",
    help: "12文字以上をお勧めします。覚えやすい長い文でもかまいません。",
    differs: "二つの新しいパスワードが一致していません。",
    submit: "変更して続ける",
  },

  policy: {
    title: "利用規程への同意",
    intro: "使い始める前に、次の規程をお読みください。",
    changed: "規程が新しくなりました。続ける前にお読みください。",
    version: (version: string) => `第${version}版`,
    agree: "読みました。この規程に従って使います。",
    submit: "同意して続ける",
  },

  setup: {
    title: "はじめに管理者を作ります",
    intro:
      "サーバーの端末で、一度だけ使えるコードを作ります。そのコードで、最初の管理者のアカウントを作ります。",
    code: "一度だけのコード",
    codeHelp: "サーバーの端末で jimae users setup-code を実行すると、表示されます。",
    name: "管理者の名前",
    nameHelp: "サインインに使う名前です（例: tanaka）。",
    password: "パスワード",
    repeat: "パスワード（確認）",
    submit: "管理者を作る",
    step: (now: string, all: string) => `${all}段階のうち${now}段階目`,
    later: "今はしない",
  },

  choose: {
    title: "使うモデルを選びます",
    intro: "このサーバーにあるモデルです。あとからいつでも変えられます。",
    goodAt: "得意なこと",
    size: "大きさ",
    speed: "この機械での速さ",
    perSecond: (rate: string) => `毎秒 ${rate} トークン`,
    unmeasured: "まだ測っていません",
    licence: "ライセンス",
    score: "日本語の評価 Swallow",
    dialogue: "日本語 MT-Bench",
    submit: "このモデルで始める",
    none: "まだモデルがありません。",
    more: "ほかのモデルを入れるには",
    moreHelp: "サーバーの端末で次のように実行します。入れ終わると、ここに現れます。",
    refresh: "もう一度確かめる",
  },

  signedInAs: (name: string) => `${name} としてサインイン中`,
  signOut: "サインアウト",
};

export type GateTexts = typeof ja;
