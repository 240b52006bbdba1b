/** What is said about questions while they are written, and on answers. */

export const ja = {
  // The composer
  attach: "ファイルを添付",
  templates: "定型プロンプト",
  attached: "添付",
  removeAttachment: (name: string) => `「${name}」を外す`,
  pastedName: (number: string) => `貼り付けた文章${number}.txt`,
  tokens: (count: string) => `約${count}トークン`,
  notText: (name: string) => `「${name}」は文字のファイルではないため、添付できません。`,
  tooLarge: (name: string, limit: string) => `「${name}」は${limit}を超えるため、添付できません。`,
  tooMany: (count: string) => `添付できるのは${count}件までです。`,
  tablePasted: "表をMarkdownにしました。元に戻す操作で、貼り付けたままの文字になります。",
  longPasted: (count: string) => `${count}文字あるため、添付にしました。`,
  tooLong: (tokens: string, context: string) =>
    `質問と添付で約${tokens}トークンあり、このモデルが一度に読める${context}トークンを超えています。減らすか、分けて質問してください。`,
  personal: (kinds: string) => `送る前に確かめてください: ${kinds}`,
  personalWord: (word: string) => `言葉「${word}」`,
  personalActions: {
    warn: "このまま送信できます。",
    mask: "送信するとき、伏せ字に置き換えます。",
    refuse: "このままでは送信できません。",
  } as Record<string, string>,
  personalKinds: {
    my_number: "マイナンバー",
    card: "カード番号",
    residence_card: "在留カード番号",
    passport: "旅券番号",
    bank_account: "口座番号",
    phone: "電話番号",
    mail: "メールアドレス",
    address: "住所",
    birth_date: "生年月日",
    name: "氏名",
    corporate_number: "法人番号",
  } as Record<string, string>,
  drop: "ここに置くと添付します",
};

export type InputTexts = typeof ja;
