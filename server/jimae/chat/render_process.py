"""The process in which templates run: frames of requests in, frames of texts out.

python -m jimae.chat.render_process DESCRIPTOR PARENT
"""

from __future__ import annotations

import json
import resource
import socket
import struct
import sys

import msgspec

from jimae.chat.template import TemplateRefusedError, compile_template, render
from jimae.process import die_with_parent

MEMORY_LIMIT = 2 * 2**30
_LENGTH = struct.Struct(">I")


class RenderRequest(msgspec.Struct, frozen=True):
    """What to render. `template` is sent each time; it is compiled once.

    `conversation` is JSON: an array of messages, tools or null, and switches. Unlike
    msgpack it has numbers of any size, as the arguments of a call may.
    """

    template: str
    conversation: str
    bos: str
    eos: str
    add_generation_prompt: bool


class RenderResult(msgspec.Struct, frozen=True):
    """The text, or the reason why there is none."""

    text: str | None = None
    reason: str | None = None


def main(descriptor: int, parent: int) -> None:
    """Serve the socket `descriptor` until it is closed, or the process `parent` ends."""
    die_with_parent(parent)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))
    decode = msgspec.msgpack.Decoder(RenderRequest).decode
    source, template = None, None
    with socket.socket(fileno=descriptor) as connection, connection.makefile("rwb") as stream:
        while len(head := stream.read(_LENGTH.size)) == _LENGTH.size:
            request = decode(stream.read(*_LENGTH.unpack(head)))
            try:
                if template is None or request.template != source:
                    source, template = request.template, compile_template(request.template)
                messages, tools, switches = json.loads(request.conversation)
                result = RenderResult(
                    text=render(
                        template,
                        messages,
                        bos=request.bos,
                        eos=request.eos,
                        add_generation_prompt=request.add_generation_prompt,
                        tools=tools,
                        switches=switches,
                    )
                )
            except TemplateRefusedError as refused:
                result = RenderResult(reason=str(refused))
            except (MemoryError, RecursionError) as error:
                result = RenderResult(reason=f"it needs too much memory ({type(error).__name__})")
            body = msgspec.msgpack.encode(result)
            stream.write(_LENGTH.pack(len(body)) + body)
            stream.flush()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
