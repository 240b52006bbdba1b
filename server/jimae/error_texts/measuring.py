"""The bench, and tuning."""

from __future__ import annotations

from jimae.error_texts.text import SETUP, Text

TEXTS: dict[str, Text] = {
    # --- the bench -------------------------------------------------------------
    "bench_unreachable": Text(
        503,
        SETUP,
        "No server answers at {url} ({reason}). Start it, or correct the URL.",
        "{url} のサーバーが応答しません（{reason}）。起動するか、URL を直してください。",
    ),
    "bench_refused": Text(
        502,
        SETUP,
        "The server at {url} cannot be measured: {reason}",
        "{url} のサーバーは計測できません: {reason}",
    ),
    "peer_source": Text(
        503,
        SETUP,
        "The llama.cpp source inside llama-cpp-python {version} could not be had: {reason}",
        "llama-cpp-python {version} に含まれる llama.cpp のソースを取得できません: {reason}",
    ),
    "peer_tools": Text(
        500,
        SETUP,
        "Building llama-server needs {tool}. On Debian: apt-get install g++ cmake ninja-build.",
        "llama-server のビルドには {tool} が必要です。"
        "Debian では apt-get install g++ cmake ninja-build で入ります。",
    ),
    "peer_build_failed": Text(
        500,
        SETUP,
        "Building llama-server failed in '{step}'. The log is {log}.",
        "llama-server のビルドが「{step}」で失敗しました。ログ: {log}",
    ),
    "peer_start": Text(
        503,
        SETUP,
        "{name} did not start: {reason}. Its log is {log}.",
        "{name} が起動しませんでした: {reason}。ログ: {log}",
    ),
    # --- tuning ----------------------------------------------------------------
    "tune_model_missing": Text(
        404,
        SETUP,
        "There is no model '{id}' in {path}. There are: {here}. `jimae pull {id}` brings one "
        "of the catalogue.",
        "モデル「{id}」は {path} にありません。あるもの: {here}。"
        "カタログのモデルは `jimae pull {id}` で入手できます。",
    ),
    "tuning_died": Text(
        500,
        SETUP,
        "The measuring process ended ({reason}). If memory ran out, end other programs "
        "and try again.",
        "計測のプロセスが終了しました（{reason}）。メモリー不足の場合は、"
        "ほかのプログラムを終えてからやり直してください。",
    ),
    "tune_format_missing": Text(
        404,
        SETUP,
        "'{id}' is not here in the format {format}. Here are: {here}. "
        "--requantise {format} makes it.",
        "「{id}」の形式 {format} はここにありません。あるもの: {here}。"
        "--requantise {format} で作れます。",
    ),
    "requantise_failed": Text(
        500,
        SETUP,
        "'{id}' could not be made into that format: {reason}",
        "「{id}」をその形式に変換できませんでした: {reason}",
    ),
}
