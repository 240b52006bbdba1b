/** What is said on questions and answers, once there are any. */

export const ja = {
  versions: {
    label: "別の版",
    place: (at: string, of: string) => `${at} / ${of}`,
    before: "前の版",
    after: "次の版",
  },
  edit: "質問を直す",
  editLabel: "直した質問",
  editSend: "送信",
  goOn: "続きを書く",
  reasons: {
    length: "長さの上限に達したため、ここで切れています。",
    stopped: "ここで停止しました。",
    unread: "読む人がいなくなったため、ここで止まりました。",
    interrupted: "回答はここで途切れました。",
  },
  context: (percent: string) => `文脈の ${percent}%`,
  contextHelp: (used: string, total: string) => `一度に扱える ${total} トークンのうち ${used} を使用`,
  imported: "取り込めなかった部分:",

  // On answers
  code: "コード",
  copyCode: "コードをコピー",
  table: "表",
  copyTable: "表をコピー",
  formula: "数式",
  diagram: "図",
  showSource: "図の元の文を表示",
  showDiagram: "図を表示",
  noDiagram: "図にできないため、元の文を表示しています",
  imageNote: "（外部の画像は読み込みません）",
  copyAs: "形式を選んでコピー",
  copyMarkdown: "Markdown",
  copyPlain: "書式なしのテキスト",
  copyWord: "Word などの文書用",
  good: "よい回答",
  bad: "よくない回答",
  quote: "引用して質問",
  reasoning: "考えた過程",
  reasoningNow: "考えています",
  step: (name: string) => `ツール「${name}」`,
  stepRunning: "実行中",
  stepArguments: "渡した内容",
  stepResult: "結果",
};

export type AnswerTexts = typeof ja;
