"""Sends chats to 127.0.0.1:18080 as a Poisson process: 150 groups of 5 sessions, 6,000 tokens that a group shares, 1,200 of the session's own,
streamed responses of 1,000 tokens, as `replay --generate shared-prefix`. A token is four bytes, as for the simulated servers. Arguments:
requests a second, seconds, the seed, tokens of a response. Prints a line for each request: the second in which it was sent, its endpoint,
prompt tokens, cached ones, seconds to the first token, and its session."""

import asyncio
import random
import re
import sys
import time

import chats

GROUPS, SESSIONS, SHARED, OWN = 150, 5, 6_000, 1_200
OUTPUT = int(sys.argv[4]) if len(sys.argv) > 4 else 1_000

ENDPOINT = re.compile(rb"(?i)x-warmlane-endpoint: *([^\r]+)")
SYSTEM = [chats.message("system", f"system {group}", SHARED) for group in range(GROUPS)]


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
        question = chats.message("user", f"own {self.session}", OWN)
        transport.write(chats.request([SYSTEM[self.session // SESSIONS], question], OUTPUT, f"s{self.session}"))

    def data_received(self, data):
        if self.first is not None:
            self.tail = (self.tail + data)[-2048:]
            return
        self.head += data
        if chats.FIRST_TOKEN.search(self.head):
            self.first = time.monotonic() - self.sent
            self.tail = self.head[-2048:]

    def connection_lost(self, failure):
        if not self.over.done():
            self.over.set_result(failure)


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
    prompt = chats.number(chats.PROMPT_TOKENS, asking.tail)
    if prompt is None:
        print(second, endpoint, 0, 0, -1, session, flush=True)
    else:
        print(second, endpoint, prompt, chats.number(chats.CACHED_TOKENS, asking.tail) or 0, f"{asking.first:.3f}", session, flush=True)


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
