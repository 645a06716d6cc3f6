"""Sends chats to 127.0.0.1:18080 as a Poisson process: 150 groups of 5 sessions, 6,000 tokens that a group shares, 1,200 of the session's own,
streamed responses of 1,000 tokens, as `replay --generate shared-prefix`. A token is four bytes, as for the simulated servers. Arguments:
requests a second, seconds, the seed, tokens of a response. Prints a line for each request: the second in which it was sent, its endpoint,
prompt tokens, cached ones, seconds to the first token, and its session."""

import asyncio
import json
import random
import re
import sys
import time

GROUPS, SESSIONS, SHARED, OWN = 150, 5, 6_000, 1_200
OUTPUT = int(sys.argv[4]) if len(sys.argv) > 4 else 1_000

FIRST = re.compile(rb'"content":"[^"]')
ENDPOINT = re.compile(rb"(?i)x-warmlane-endpoint: *([^\r]+)")
PROMPT = re.compile(rb'"prompt_tokens":(\d+)')
CACHED = re.compile(rb'"cached_tokens":(\d+)')


def words(seed, tokens):
    letters = random.Random(seed)
    return "".join(f"{letters.randrange(4096):03x} " for _ in range(tokens))


SYSTEM = [words(f"system {group}", SHARED) for group in range(GROUPS)]


def body(session):
    return json.dumps({
        "model": "Qwen/Qwen3-0.6B",
        "messages": [
            {"role": "system", "content": SYSTEM[session // SESSIONS]},
            {"role": "user", "content": words(f"own {session}", OWN)},
        ],
        "max_tokens": OUTPUT,
        "ignore_eos": True,
        "stream": True,
        "stream_options": {"include_usage": True},
    }).encode()


class Ask(asyncio.Protocol):
    """Looks at the beginning and the end of a response: there are 14,000 events a second in between."""

    def __init__(self, session):
        self.session = session
        self.head = b""
        self.tail = b""
        self.first = None
        self.sent = time.monotonic()
        self.over = asyncio.get_running_loop().create_future()

    def connection_made(self, transport):
        prompt = body(self.session)
        # HTTP/1.0 has no chunks that would cut events.
        transport.write(
            f"POST /v1/chat/completions HTTP/1.0\r\nHost: g\r\nContent-Type: application/json\r\n"
            f"x-session-id: s{self.session}\r\nContent-Length: {len(prompt)}\r\n\r\n".encode() + prompt)

    def data_received(self, data):
        if self.first is not None:
            self.tail = (self.tail + data)[-2048:]
            return
        self.head += data
        if FIRST.search(self.head):
            self.first = time.monotonic() - self.sent
            self.tail = self.head[-2048:]

    def connection_lost(self, failure):
        if not self.over.done():
            self.over.set_result(failure)


def number(pattern, text):
    found = pattern.search(text)
    return int(found.group(1)) if found else None


async def ask(session, begun):
    asking = Ask(session)
    second = int(asking.sent - begun)
    try:
        transport, _ = await asyncio.get_running_loop().create_connection(lambda: asking, "127.0.0.1", 18080)
        await asyncio.wait_for(asking.over, 300)
        transport.close()
    except (OSError, asyncio.TimeoutError) as problem:
        print(f"a request failed: {problem!r}", file=sys.stderr)
    endpoint = ENDPOINT.search(asking.head)
    endpoint = endpoint.group(1).decode() if endpoint else "none"
    prompt = number(PROMPT, asking.tail)
    if prompt is None:
        print(second, endpoint, 0, 0, -1, session, flush=True)
    else:
        print(second, endpoint, prompt, number(CACHED, asking.tail) or 0, f"{asking.first:.3f}", session, flush=True)


async def main(rate, seconds, seed):
    draws = random.Random(seed)
    begun = due = time.monotonic()
    asking = set()
    while due < begun + seconds:
        due += draws.expovariate(rate)
        await asyncio.sleep(max(0, due - time.monotonic()))
        task = asyncio.create_task(ask(draws.randrange(GROUPS * SESSIONS), begun))
        asking.add(task)
        task.add_done_callback(asking.discard)
    await asyncio.gather(*asking)


asyncio.run(main(float(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])))
