/** Texts of chats and their list in Japanese. `en.ts` has the same keys. */

export const ja = {
  list: "チャット",
  days: { today: "今日", yesterday: "昨日", week: "過去7日" },
  month: (year: string, month: string) => `${year}年${month}月`,
  pinned: "ピン留め",
  folders: "フォルダー",
  empty: "チャットはまだありません。",
  loadFailed: "チャットの一覧を読み込めませんでした。",
  retry: "もう一度読み込む",
  kept: "チャットはこのサーバーに保存されます。",
  menu: (title: string) => `「${title}」の操作`,

  search: {
    label: "チャットを検索",
    clear: "検索をやめる",
    results: "検索結果",
    found: (count: string) => `${count} 件見つかりました`,
    many: (count: string) => `${count} 件以上見つかりました`,
    none: "見つかりませんでした。",
    next: "さらに表示",
  },
  renameLabel: "チャットの名前",
  folderMenu: (name: string) => `フォルダー「${name}」の操作`,
  shared: "共有中",
  removed: (title: string) => `「${title}」をごみ箱へ移しました。`,
  lost: (title: string) =>
    `「${title}」は、ほかの画面でごみ箱へ移されたか、共有が終わりました。`,

  manage: "チャットの管理",
  earlier: "以前のやり取りを表示",
  readOnly: (name: string) => `${name}さんが共有しているチャットです。読むことだけができます。`,
  somebody: "ほかの人",
};

export type ChatTexts = typeof ja;
