/** What is said of what can be done with chats and folders. */

export const ja = {
  rename: "名前を変更",
  pin: "ピン留めする",
  unpin: "ピン留めを外す",
  move: "フォルダーに移動",
  moveTo: "移動先",
  noFolder: "フォルダーなし",
  newFolder: "新しいフォルダー",
  newFolderInside: "中に新しいフォルダーを作る",
  moveFolder: "フォルダーを移動",
  folderPlace: "作る場所",
  topLevel: "いちばん上",
  folderName: "フォルダーの名前",
  renameFolder: "フォルダーの名前を変更",
  removeFolder: "フォルダーを削除",
  removeFolderWords: (name: string) =>
    `フォルダー「${name}」を削除します。中のチャットとフォルダーは残り、外に出ます。`,
  share: "グループと共有",
  shareWords: "選んだグループの人が、このチャットを読めるようになります。書き込みはできません。",
  shareNone: "所属しているグループがありません。",
  exportMarkdown: "Markdown で書き出す",
  exportJson: "JSON で書き出す",
  remove: "ごみ箱へ移す",
  save: "保存",
  create: "作成",
  trash: {
    title: "ごみ箱",
    words: "期限が来ると完全に削除されます。期限は管理者が決めています。",
    empty: "ごみ箱は空です。",
    restore: "元に戻す",
    restored: (title: string) => `「${title}」を元に戻しました。`,
    erase: "完全に削除",
    erased: "完全に削除しました。",
    eraseWords: (title: string) => `「${title}」を完全に削除します。元には戻せません。`,
    clear: "ごみ箱を空にする",
    clearWords: "ごみ箱の中のチャットをすべて完全に削除します。元には戻せません。",
    since: (time: string) => `${time} に削除`,
  },
  sharedWithMe: {
    title: "共有されたチャット",
    empty: "共有されているチャットはありません。",
    by: (name: string) => `${name}さんが共有`,
  },
  transfer: {
    title: "書き出しと取り込み",
    exportAll: "すべてのチャットを書き出す",
    exportWords: "JSON ファイルになります。ほかの jimae に取り込めます。",
    import: "チャットを取り込む",
    importWords:
      "jimae の JSON、ChatGPT の conversations.json、Open WebUI の書き出しを取り込めます。同じチャットは二度取り込みません。",
    choose: "ファイルを選ぶ",
    working: "取り込んでいます",
    done: (imported: string, already: string) =>
      `${imported} 件を取り込みました（取り込み済み ${already} 件）。`,
    failed: (count: string) => `${count} 件は読み込めませんでした。`,
  },
};

export type ManagingTexts = typeof ja;
