"""lm-eval scores 100 questions of multiple choice through the server as the model's logits do.

lm-eval (PyPI) asks with `local-completions` and the server's own tokenizer, sending tokens and
sending texts. It lives in an environment of its own: it brings pandas and scikit-learn.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from fakes.multiple_choice import Question, Score, best, of_logits, questions
from fakes.serving import serving
from jimae.llama.binding import LlamaModel, LoadOptions
from jimae.service.service import Service
from jimae.settings import load
from jimae.worker.client import LocalBackend
from lib.places import user_cache
from lib.shell import quiet
from lib.tools import ONLINE, uv, uv_environment
from worker.test_client import MODELS

VERSION = "0.4.13"
MODELS_TRIED = ("smollm2-135m", "qwen2.5-coder-0.5b")
COUNT = 100
# Of a log-likelihood, in nats. It is this close only of one request at a time: what else is in a
# batch moves the numbers of llama.cpp's own kernels by up to 0.45 (qwen2.5-coder-0.5b, 4 at once).
TOLERANCE = 0.05

TASK = "jimae_choices"
YAML = f"""
task: {TASK}
dataset_path: json
dataset_kwargs: {{data_files: {{test: QUESTIONS}}}}
test_split: test
output_type: multiple_choice
doc_to_text: text
doc_to_choice: choices
doc_to_target: answer
target_delimiter: ""
metric_list: [{{metric: acc}}]
"""


def environment() -> Path:
    """The Python that has lm-eval, installed once for this user."""
    folder = user_cache() / "tools" / f"lm-eval-{VERSION}"
    python = folder / "bin" / "python"
    if not (folder / "bin" / "lm_eval").exists():
        quiet(
            [uv(), "venv", "--clear", "--python", sys.executable, folder],
            env=uv_environment(),
            what=f"making {folder} failed",
        )
        quiet(
            [uv(), "pip", "install", "--python", python, f"lm-eval[api]=={VERSION}"],
            env=uv_environment(),
            what="installing lm-eval failed",
            fix=ONLINE,
        )
    return python


def straight(model: str, asked: Sequence[Question]) -> list[list[Score]]:
    options = LoadOptions(
        MODELS / f"{model}.gguf", n_cells=512, n_running=1, n_idle=0, n_outputs=512
    )
    loaded = LlamaModel(options)
    scores = [of_logits(loaded, question) for question in asked]
    loaded.close()
    return scores


async def through(
    python: Path, model: str, url: str, folder: Path, *, tokenized: bool
) -> tuple[float, list[list[Score]]]:
    """The accuracy that lm-eval tells, and its log-likelihoods of each question's choices."""
    out = folder / f"{model}-{tokenized}"
    arguments = {
        "model": model,
        "base_url": f"{url}/v1/completions",
        "tokenizer_backend": "remote",
        "tokenized_requests": tokenized,
        "num_concurrent": 1,
    }
    process = await asyncio.create_subprocess_exec(
        *(str(python), "-m", "lm_eval", "run", "--model", "local-completions"),
        *("--model_args", ",".join(f"{name}={value}" for name, value in arguments.items())),
        *("--tasks", TASK, "--include_path", str(folder)),
        *("--output_path", str(out), "--log_samples"),
        cwd=folder,
        env={
            **os.environ,
            "HF_HOME": str(folder / "hf"),
            "HF_HUB_OFFLINE": "1",
            "NO_PROXY": "127.0.0.1",
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    if process.returncode:
        raise AssertionError(f"lm-eval failed:\n{said.decode(errors='replace')[-4000:]}")
    return await asyncio.to_thread(_read, out)


def _read(out: Path) -> tuple[float, list[list[Score]]]:
    (results,) = out.rglob("results_*.json")
    (samples,) = out.rglob("samples_*.jsonl")
    accuracy: float = json.loads(results.read_text())["results"][TASK]["acc,none"]
    rows = [json.loads(line) for line in samples.read_text().splitlines()]
    rows.sort(key=lambda row: int(row["doc_id"]))
    told = [[_score(*one) for one in row["filtered_resps"]] for row in rows]
    return accuracy, told


def _score(log_likelihood: str | float, greedy: str | bool) -> Score:
    """Samples are written with numbers as texts."""
    return Score(float(log_likelihood), str(greedy) == "True")


def compare(asked: Sequence[Question], expected: list[list[Score]], told: list[list[Score]]) -> str:
    """What is the same; raises on what is not."""
    pairs = [pair for both in zip(told, expected, strict=True) for pair in zip(*both, strict=True)]
    choices = [(best(one), best(other)) for one, other in zip(told, expected, strict=True)]
    for question, (here, there) in zip(asked, choices, strict=True):
        if here != there:
            raise AssertionError(f"{question}: {here} through the server, {there} by the logits")
    furthest = max(abs(one.log_likelihood - other.log_likelihood) for one, other in pairs)
    if furthest > TOLERANCE:
        raise AssertionError(f"log-likelihoods differ by up to {furthest:.4f}")
    greedy = sum(one.greedy != other.greedy for one, other in pairs)
    return (
        f"{len(choices)} same choices; {len(pairs)} log-likelihoods differ by at most "
        f"{furthest:.4f}, {greedy} of them in whether they are greedy"
    )


async def prove(python: Path, model: str, asked: Sequence[Question], folder: Path) -> None:
    (folder / "models").unlink(missing_ok=True)
    (folder / "models").symlink_to(MODELS)
    expected = straight(model, asked)
    right = sum(
        best(scores) == question.answer for question, scores in zip(asked, expected, strict=True)
    )
    print(f"{model}: {right} of {len(asked)} right by the logits", flush=True)
    chosen = {"data_dir": folder, "models.default": model, "engine.kv_tokens": 4096}
    service = Service(load(environ={}, overrides=chosen), LocalBackend)
    async with serving(service.settings, service) as served:
        for tokenized in (True, False):
            accuracy, told = await through(python, model, served.url, folder, tokenized=tokenized)
            if round(accuracy * len(asked)) != right:
                raise AssertionError(f"lm-eval: acc {accuracy}, but {right} are right")
            sent = "tokens" if tokenized else "texts"
            print(f"  sending {sent}: acc {accuracy}; {compare(asked, expected, told)}", flush=True)


def main(count: int) -> int:
    python = environment()
    asked = questions(count)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = folder / "questions.jsonl"
        path.write_text("".join(json.dumps(one._asdict()) + "\n" for one in asked))
        (folder / f"{TASK}.yaml").write_text(YAML.replace("QUESTIONS", str(path)))
        for model in MODELS_TRIED:
            asyncio.run(prove(python, model, asked, folder))
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else COUNT))
