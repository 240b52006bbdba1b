"""Templates see what transformers gives them, and nothing of ours."""

from __future__ import annotations

import pytest

from jimae.chat.template import TemplateRefusedError, compile_template, render

MESSAGES = [{"role": "user", "content": "こんにちは"}]


def rendered(source: str) -> str:
    return render(
        compile_template(source), MESSAGES, bos="<s>", eos="</s>", add_generation_prompt=True
    )


def test_chatml() -> None:
    source = (
        "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m.content }}<|im_end|>\n"
        "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
    )
    expected = "<|im_start|>user\nこんにちは<|im_end|>\n<|im_start|>assistant\n"
    assert rendered(source) == expected


def test_helpers() -> None:
    assert rendered("{{ messages | tojson }}") == '[{"role": "user", "content": "こんにちは"}]'
    assert rendered(
        "{{ {'b': 1, 'a': '東'} | tojson(separators=(',', ':'), sort_keys=true) }}"
    ) == ('{"a":"東","b":1}')
    assert rendered("a{% generation %}b{{ 1 }}{% endgeneration %}c") == "ab1c"
    assert len(rendered("{{ strftime_now('%Y-%m-%d') }}")) == 10
    assert rendered("{% for i in [1, 2] %}{% break %}{% endfor %}{{ bos_token }}") == "<s>"


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("{{ raise_exception('roles must alternate') }}", "roles must alternate"),
        ("{% if %}", "not valid"),
        ("{{ messages[5].content }}", "no element 5"),
        ("{{ 1 // 0 }}", "ZeroDivisionError"),
        ("{{ ''.__class__.__mro__[1].__subclasses__() }}", "unsafe"),
        ("{{ messages.append(1) }}", "unsafe|not callable|safely"),
        ("{% include '/etc/passwd' %}", "no loader"),
        ("{{ cycler.__init__.__globals__.os.system('id') }}", "unsafe"),
    ],
)
def test_hostile_and_broken_templates_are_refused(source: str, reason: str) -> None:
    with pytest.raises(TemplateRefusedError, match=reason):
        rendered(source)


def test_an_endless_text_is_refused() -> None:
    with pytest.raises(TemplateRefusedError, match="more than"):
        rendered(
            "{% for a in range(99999) %}{% for b in range(99999) %}"
            "0123456789{% endfor %}{% endfor %}"
        )


def test_tools_and_switches() -> None:
    source = "{{ tools[0].function.name }}{% if enable_thinking %} thinks{% endif %}"
    text = render(
        compile_template(source),
        MESSAGES,
        bos="",
        eos="",
        add_generation_prompt=True,
        tools=[{"type": "function", "function": {"name": "clock"}}],
        switches={"enable_thinking": True},
    )
    assert text == "clock thinks"
