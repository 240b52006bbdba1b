"""What it costs to look at a Japanese prompt of about 4,000 tokens, and to mask it."""

from __future__ import annotations

import statistics
import time

from jimae.service.personal_data.found import KINDS
from jimae.service.policy.looking import look, pieces
from jimae.service.policy.rules import Rule, Treatment, treatments
from jimae.store.policy_tables import EVERYBODY

RUNS, CHARACTERS = 101, 6000
LETTER = (
    "お世話になっております。令和8年11月23日の会議の件で、東京都千代田区霞が関の中央合同庁舎にて、"
    "予算3,200万円の執行状況を確認します。第3条第2項の規定により、課長の決裁を経て、部長に報告します。"
    "連絡先は03-1234-5678、担当は総務課の鈴木です。"
)


def main() -> None:
    text = (LETTER * (CHARACTERS // len(LETTER) + 1))[:CHARACTERS]
    masking = [
        Rule("", EVERYBODY, kind, "any", "admin", Treatment("mask", "low")) for kind in KINDS
    ]
    for name, rules in (("warning", []), ("masking", masking)):
        holding = treatments(rules, (), trusted=True)
        times = []
        for _ in range(RUNS):
            begun = time.process_time()
            look(pieces([text]), holding, [])
            times.append((time.process_time() - begun) * 1000)
        print(
            f"{name}: {statistics.median(times):.1f} ms of CPU at the median,"
            f" {statistics.quantiles(times, n=20)[-1]:.1f} ms at the 95th percentile"
        )


if __name__ == "__main__":
    main()
