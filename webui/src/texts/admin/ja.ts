/** What is said in administration. */

export const ja = {
  title: "管理",
  auditTitle: "監査",
  sections: {
    overview: "稼働状況",
    people: "利用者",
    groups: "グループ",
    keys: "APIキー",
    limits: "利用の上限",
    policy: "利用規程と個人情報",
    directories: "ディレクトリー",
    models: "モデル",
    usage: "利用統計",
    audit: "監査ログ",
    settings: "設定",
  },

  usage: {
    show: "まとめ方",
    by: { day: "日", group: "グループ", model: "モデル", person: "利用者" } as Record<string, string>,
    since: "開始日",
    until: "終了日",
    look: "表示",
    title: (since: string, until: string) => `${since} から ${until} まで`,
    help: "数だけを数えています。質問や回答の内容は含まれません。",
    requests: "質問",
    tokens: "トークン",
    prompt: "入力トークン",
    completion: "出力トークン",
    waited: "待ち時間の中央値（秒）",
    waited95: "待ち時間の95%（秒）",
    refused: "拒否",
    failed: "失敗",
    chart: "トークンの利用",
    table: "利用の内訳",
    csv: "CSV（UTF-8）",
    csvOld: "CSV（Shift_JIS、古い Excel 用）",
    empty: "この期間の利用はありません。",
  },
};

export type AdminTexts = typeof ja;
