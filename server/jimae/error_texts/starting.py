"""Starting, reaching a server, and its settings."""

from __future__ import annotations

from jimae.error_texts.text import INVALID, SETUP, Inside, Text

TEXTS: dict[str, Text] = {
    # --- starting and talking to a server --------------------------------------
    "host_not_loopback": Text(
        500,
        SETUP,
        "Listening on {host} would open this server to everybody on the network, since it has no "
        "administrator. Make one first: jimae users add NAME --role admin. Or listen on 127.0.0.1, "
        "and reach it from elsewhere through an SSH tunnel: "
        "ssh -L {port}:127.0.0.1:{port} THIS-MACHINE",
        "{host} で待ち受けると、管理者がいないためネットワーク上の誰でも使えてしまいます。"
        "先に管理者を作ってください: jimae users add 名前 --role admin。"
        "または 127.0.0.1 で待ち受け、ほかのマシンからは SSH トンネルをお使いください: "
        "ssh -L {port}:127.0.0.1:{port} このマシン",
    ),
    "host_not_address": Text(
        500,
        SETUP,
        "The setting server.host is '{host}', which is no address. Write the address to listen on, "
        "such as 127.0.0.1, 192.168.0.10, 0.0.0.0 or ::.",
        "設定 server.host の「{host}」はアドレスではありません。"
        "127.0.0.1、192.168.0.10、0.0.0.0、:: などのアドレスで書いてください。",
    ),
    "port_in_use": Text(
        500,
        SETUP,
        "Port {port} on {host} is in use by another program. Stop it, or choose another port: "
        "jimae serve --port {other}",
        "{host} のポート {port} は別のプログラムが使っています。それを止めるか、"
        "別のポートを選んでください: jimae serve --port {other}",
    ),
    "data_dir_served": Text(
        500,
        SETUP,
        "Another jimae server (process {pid}) serves the data directory {path} already: limits "
        "and batches are counted by one server. Stop it, or choose another directory: "
        "jimae serve --data-dir DIR",
        "データディレクトリー {path} は、別の jimae サーバー（プロセス {pid}）がすでに"
        "使っています。"
        "上限やバッチは 1 つのサーバーだけが数えます。そのサーバーを止めるか、"
        "別のディレクトリーを選んでください: jimae serve --data-dir DIR",
    ),
    "database_served": Text(
        500,
        SETUP,
        "Another jimae server, connected from {host}, serves this database already: limits and "
        "batches are counted by one server. Stop it, or give this one a database of its own "
        "(setting database.url).",
        "このデータベースは、{host} から接続している別の jimae サーバーがすでに使っています。"
        "上限やバッチは 1 つのサーバーだけが数えます。そのサーバーを止めるか、"
        "このサーバー専用のデータベースを設定してください（設定 database.url）。",
    ),
    "cannot_listen": Text(
        500,
        SETUP,
        "Cannot listen on {host} port {port}: {reason}",
        "{host} のポート {port} で待ち受けできません: {reason}",
    ),
    "server_unreachable": Text(
        500,
        SETUP,
        "No jimae server answers at {url} ({reason}). Start one with: jimae serve",
        "{url} で jimae サーバーが応答しません（{reason}）。起動するには: jimae serve",
    ),
    "server_answered": Text(
        500,
        SETUP,
        "The server at {url} answered: {message}",
        "{url} のサーバーからの応答: {message}",
    ),
    "data_dir_empty": Text(
        404,
        SETUP,
        "There is no jimae.db in {path}: no server has kept anything there. Name the data "
        "directory of the server: --data-dir DIR (or the variable JIMAE_DATA_DIR).",
        "{path} に jimae.db がありません。このディレクトリーを使ったサーバーはまだありません。"
        "サーバーのデータディレクトリーを --data-dir DIR（または変数 JIMAE_DATA_DIR）で"
        "指定してください。",
    ),
    "path_unusable": Text(
        500,
        SETUP,
        "{path} cannot be used: {reason}.",
        "{path} を使えません: {reason}",
    ),
    "file_not_utf8": Text(
        400,
        INVALID,
        "The file {path} is not UTF-8 text. Save it as UTF-8.",
        "ファイル {path} は UTF-8 のテキストではありません。UTF-8 で保存し直してください。",
    ),
    # --- settings --------------------------------------------------------------
    "setting_unknown": Text(
        500,
        SETUP,
        "There is no setting '{name}'. Nearest: {near}. docs/settings.md lists all.",
        "「{name}」という設定はありません。近いもの: {near}。"
        "一覧は docs/settings.ja.md にあります。",
    ),
    "setting_invalid": Text(
        500,
        SETUP,
        "The setting '{name}' cannot be {value}: {reason}.",
        "設定「{name}」に {value} は使えません: {reason}",
    ),
    "setting_choice": Text(
        500,
        SETUP,
        "The setting '{name}' cannot be {value}: it is one of {choices}.",
        "設定「{name}」に {value} は使えません。次のいずれかです: {choices}",
    ),
    "setting_range": Text(
        500,
        SETUP,
        "The setting '{name}' cannot be {value}: it is a number {limit}.",
        "設定「{name}」に {value} は使えません。{limit} の数値です。",
    ),
    "setting_kind": Text(
        500,
        SETUP,
        "The setting '{name}' cannot be {value}: it is {kind}.",
        "設定「{name}」に {value} は使えません。{kind}を書いてください。",
    ),
    "setting_missing": Text(
        500,
        SETUP,
        "The setting '{name}' is missing. docs/settings.md says what it is.",
        "設定「{name}」がありません。内容は docs/settings.ja.md にあります。",
    ),
    "setting_wrong": Text(
        500,
        SETUP,
        "The settings in '{name}' do not fit: {reason}.",
        "設定「{name}」が正しくありません: {reason}",
    ),
    "settings_file": Text(
        500,
        SETUP,
        "A file of this server's settings cannot be read. Tell who runs it; the log says which.",
        "このサーバーの設定のファイルを読めません。管理者にお知らせください（ファイル名はログにあります）。",
        Inside(
            "The settings file {path} cannot be read: {reason}.",
            "設定ファイル {path} を読めません: {reason}",
        ),
    ),
}
