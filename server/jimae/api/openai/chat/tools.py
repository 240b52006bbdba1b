"""Which tools a model is shown, and whether it has to call one."""

from __future__ import annotations

from collections.abc import Collection

from jimae.api.openai.chat.schema import AllowedToolChoice, ChatRequest, NamedTool
from jimae.api.openai.chat.schema import Tool as ToolBody
from jimae.api.openai.convert import json_text
from jimae.api.text import checked
from jimae.errors import JimaeError
from jimae.types import Tool, ToolChoice


def tools_of(request: ChatRequest) -> tuple[tuple[Tool, ...], ToolChoice]:
    """The tools and the choice. Raises a JimaeError that names the field.

    Of `allowed_tools` the model is shown only these: what it does not see, it does not call.
    """
    tools: dict[str, Tool] = {}
    for index, tool in enumerate(request.tools):
        name = tool.function.name
        if name in tools:
            path = f"tools.{index}.function.name"
            raise JimaeError("tool_twice", param=path, name=path, value=name)
        tools[name] = _tool(tool, f"tools.{index}.function")
    choice, parallel = request.tool_choice, request.parallel_tool_calls
    if not tools:
        if choice not in (None, "auto", "none"):
            raise JimaeError("missing_parameter", param="tools", name="tools")
        return (), ToolChoice()
    match choice:
        case NamedTool():
            name = choice.function.name
            _known(name, tools, "tool_choice.function.name")
            # The one that must be called is one call.
            picked = ToolChoice("required", name, parallel=False)
        case AllowedToolChoice():
            allowed = choice.allowed_tools
            names = {tool.function.name for tool in allowed.tools}
            for index, one in enumerate(allowed.tools):
                path = f"tool_choice.allowed_tools.tools.{index}.function.name"
                _known(one.function.name, tools, path)
            tools = {name: tool for name, tool in tools.items() if name in names}
            picked = ToolChoice(allowed.mode, parallel=parallel)
        case mode:
            picked = ToolChoice(mode or "auto", parallel=parallel)
    return tuple(tools.values()), picked


def _tool(tool: ToolBody, path: str) -> Tool:
    function = tool.function
    described = Tool(
        name=function.name,
        description=checked(function.description or "", f"{path}.description"),
        strict=bool(function.strict),
    )
    if function.parameters is None:
        return described
    return Tool(
        name=described.name,
        description=described.description,
        parameters=json_text(function.parameters),
        strict=described.strict,
    )


def _known(name: str, tools: Collection[str], path: str) -> None:
    if name not in tools:
        raise JimaeError("tool_unknown", param=path, name=path, value=name, tools=", ".join(tools))
