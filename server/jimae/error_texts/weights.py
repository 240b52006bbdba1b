"""Model files, the catalogue, and downloads."""

from __future__ import annotations

from jimae.error_texts.text import BUSY, INVALID, NOT_FOUND, SETUP, Inside, Text

TEXTS: dict[str, Text] = {
    # --- model files -----------------------------------------------------------
    "gguf_invalid": Text(
        422,
        INVALID,
        "{name} is not a usable GGUF file: {reason}. Who runs this server has to copy it here "
        "again; a model of the catalogue comes whole with: jimae pull ID",
        "{name} は使える GGUF ファイルではありません: {reason}。"
        "管理者がもう一度コピーする必要があります。"
        "カタログのモデルは jimae pull ID で取得し直せます。",
        Inside(
            "{path} is not a usable GGUF file: {reason}. Copy it here again; a model of the "
            "catalogue comes whole with: jimae pull ID",
            "{path} は使える GGUF ファイルではありません: {reason}。もう一度コピーしてください。"
            "カタログのモデルは jimae pull ID で取得し直せます。",
        ),
    ),
    "model_misnamed": Text(
        409,
        INVALID,
        "{path} is called like the model {id} of the catalogue, but is another one (file ≠ "
        "catalogue): {differences}. Give it another name, and fetch the model itself with: "
        "jimae pull {id}",
        "{path} はカタログのモデル {id} の名前ですが、中身は別のモデルです（ファイル ≠ "
        "カタログ）: {differences}。ファイルの名前を変えて、本来のモデルは次のコマンドで"
        "取得してください: jimae pull {id}",
    ),
    # --- catalogue and downloads -----------------------------------------------
    "catalogue_invalid": Text(
        500,
        SETUP,
        "The catalogue of models on this server is wrong. Tell who runs it; the log says where.",
        "このサーバーのモデルカタログに誤りがあります。管理者にお知らせください（場所はログにあります）。",
        Inside(
            "The catalogue entry {path} is wrong at '{key}': {reason}. Correct it or remove the "
            "file.",
            "カタログの {path} の「{key}」に誤りがあります: {reason}。"
            "修正するか、ファイルを削除してください。",
        ),
    ),
    "model_unknown": Text(
        404,
        NOT_FOUND,
        "There is no model '{id}' in the catalogue. Nearest: {near}. `jimae models` lists all.",
        "カタログに「{id}」というモデルはありません。近いもの: {near}。"
        "一覧は `jimae models` で見られます。",
    ),
    "no_default_model": Text(
        503,
        SETUP,
        "No model can be chosen: none fits {memory} of memory and can be had. {reasons} "
        "Bring a file with `jimae pull --from FILE ID`.",
        "使えるモデルがありません。メモリー {memory} に収まり、入手できるものが"
        "見つかりませんでした。"
        "{reasons} `jimae pull --from ファイル ID` でファイルを取り込めます。",
    ),
    "source_unreachable": Text(
        503,
        SETUP,
        "{source} cannot be reached: {reason}.",
        "{source} に接続できません: {reason}。",
    ),
    "source_missing": Text(
        404,
        NOT_FOUND,
        "{source} does not have {what}.",
        "{source} に {what} がありません。",
    ),
    "source_damaged": Text(
        502,
        SETUP,
        "{source} sent something unusable: {reason}.",
        "{source} から正しいデータを受け取れませんでした: {reason}。",
    ),
    "pull_failed": Text(
        503,
        SETUP,
        "{id} could not be had from any source ({reasons}). "
        "What was received is kept: run the same command again to go on, "
        "or bring the file with `jimae pull --from FILE {id}`.",
        "{id} をどの取得元からも入手できませんでした（{reasons}）。"
        "受信した分は残してあり、同じコマンドで続きから再開できます。"
        "`jimae pull --from ファイル {id}` でファイルを取り込むこともできます。",
    ),
    "pull_busy": Text(
        409,
        BUSY,
        "{id} is being downloaded by another process (pid {pid}). Wait for it, or end that one.",
        "{id} は別のプロセス（pid {pid}）がダウンロードしています。"
        "終わるのを待つか、そのプロセスを止めてください。",
    ),
    "checksum_mismatch": Text(
        502,
        SETUP,
        "{file} from {source} is not the expected file and was removed: "
        "its sha256 is {actual}, expected {expected}. Run the command again; "
        "if it happens twice, the source is wrong.",
        "{source} から取得した {file} は期待したファイルではないため、削除しました。"
        "sha256 は {actual}、期待値は {expected} です。もう一度実行し、"
        "繰り返すときは取得元を疑ってください。",
    ),
    "disk_too_small": Text(
        507,
        SETUP,
        "{id} needs {need} more on the disk of {path}, where {free} are free. "
        "Free some space or choose another place with --data-dir.",
        "{id} には {path} のディスクにあと {need} 必要ですが、空きは {free} です。"
        "空きを作るか、--data-dir で別の場所を指定してください。",
    ),
    "models_dir_unusable": Text(
        507,
        SETUP,
        "{path} cannot be written: {reason}. Choose another place with --data-dir.",
        "{path} に書き込めません: {reason}。--data-dir で別の場所を指定してください。",
    ),
    "import_missing": Text(
        404,
        INVALID,
        "There is no {file} in {folder}, from where models are taken in. Put the file there, "
        "or name another folder in models.import_dir.",
        "モデルを取り込むフォルダー {folder} に {file} がありません。ファイルをそこに置くか、"
        "models.import_dir で別のフォルダーを指定してください。",
    ),
    "import_present": Text(
        409,
        INVALID,
        "{file} would become {model}, which is here already. Remove that model first.",
        "{file} は {model} になりますが、そのモデルはすでにあります。"
        "先にそのモデルを削除してください。",
    ),
    "import_running": Text(
        409,
        BUSY,
        "{file} is being taken in already. Wait until that is done.",
        "{file} は取り込みの途中です。終わるまでお待ちください。",
    ),
    "model_in_use": Text(
        409,
        BUSY,
        "{model} is answering {requests} requests and stays in memory until they are done. "
        "Try again then.",
        "{model} は {requests} 件の回答に使われているため、終わるまでメモリーから外せません。"
        "あとでもう一度お試しください。",
    ),
}
