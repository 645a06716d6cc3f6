"""What the loads here share: prompts, requests, and what responses say. A token is four bytes, as for the simulated servers."""

import json
import random
import re

FIRST_TOKEN = re.compile(rb'"content":"[^"]')
PROMPT_TOKENS = re.compile(rb'"prompt_tokens":(\d+)')
CACHED_TOKENS = re.compile(rb'"cached_tokens":(\d+)')


def message(role, name, tokens):
    """Text of so many tokens, the same for the same name."""
    draws = random.Random(name)
    return {"role": role, "content": "".join(f"{draws.randrange(4096):03x} " for _ in range(tokens))}


def request(messages, output_tokens, session=None):
    """A streamed chat over HTTP/1.0, which has no chunks that would cut events."""
    body = json.dumps({
        "model": "Qwen/Qwen3-0.6B",
        "messages": messages,
        "max_tokens": output_tokens,
        "ignore_eos": True,
        "stream": True,
        "stream_options": {"include_usage": True},
    }).encode()
    header = f"x-session-id: {session}\r\n" if session else ""
    return (f"POST /v1/chat/completions HTTP/1.0\r\nHost: g\r\nContent-Type: application/json\r\n{header}"
            f"Content-Length: {len(body)}\r\n\r\n").encode() + body


def number(pattern, text):
    """The last that a response says; None if it says none."""
    found = pattern.findall(text)
    return int(found[-1]) if found else None
