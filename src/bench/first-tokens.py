"""Sends streamed chats to a port of 127.0.0.1 as one of four loads, and prints the number of requests, how many failed, mean, p50, p90 and
p99 of the milliseconds to the first token, and the share of prompt tokens that were cached. A token is four bytes, as for the simulated
servers. The first quarter of the time counts for nothing. Arguments: port, load, seconds, seed.

shared-prefix   100 system prompts of 6,000 tokens, five questions of 1,200 for each, 14 requests a second (Poisson)
small-tails     one system prompt of 6,000 tokens, 64 tokens that nobody else has, 40 requests a second (Poisson)
sessions        110 conversations at a time that grow by some 700 tokens a turn, 4 s between turns, with a session header
no-header       the same without
"""

import asyncio
import json
import random
import re
import sys
import time

PORT, LOAD, SECONDS, SEED = int(sys.argv[1]), sys.argv[2], float(sys.argv[3]), sys.argv[4]
FIRST = re.compile(rb'"content":"[^"]')
PROMPT = re.compile(rb'"prompt_tokens":(\d+)')
CACHED = re.compile(rb'"cached_tokens":(\d+)')
TIMEOUT_SECONDS = 120

results = []


def words(name, tokens):
    draws = random.Random(f"{SEED} {name}")
    return "".join(f"{draws.randrange(4096):03x} " for _ in range(tokens))


def message(role, name, tokens):
    return {"role": role, "content": words(name, tokens)}


def request(messages, session):
    body = json.dumps({
        "model": "Qwen/Qwen3-0.6B",
        "messages": messages,
        "max_tokens": 24,
        "ignore_eos": True,
        "stream": True,
        "stream_options": {"include_usage": True},
    }).encode()
    header = f"x-session-id: {session}\r\n" if session else ""
    # HTTP/1.0 has no chunks that would cut events.
    return (f"POST /v1/chat/completions HTTP/1.0\r\nHost: g\r\nContent-Type: application/json\r\n{header}"
            f"Content-Length: {len(body)}\r\n\r\n").encode() + body


async def receive(reader, sent):
    """The seconds to the first token, and the end of the response."""
    first, text = None, b""
    while data := await reader.read(65536):
        text = (text + data)[-4096:]
        if first is None and FIRST.search(text):
            first = time.monotonic() - sent
    return first, text


async def ask(messages, session=None):
    sent = time.monotonic()
    first, prompt, cached = None, 0, 0
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", PORT)
        writer.write(request(messages, session))
        first, text = await asyncio.wait_for(receive(reader, sent), TIMEOUT_SECONDS)
        writer.close()
        prompt = int(PROMPT.findall(text)[-1])
        cached = int((CACHED.findall(text) or [0])[-1])
    except (OSError, asyncio.TimeoutError, IndexError):
        first = None
    results.append((sent, first, prompt, cached))


async def poisson(rate, prompt):
    draws = random.Random(SEED)
    due = time.monotonic()
    end = due + SECONDS
    asking = []
    while due < end:
        asking.append(asyncio.create_task(ask(prompt(draws, len(asking)))))
        due += draws.expovariate(rate)
        await asyncio.sleep(max(0, due - time.monotonic()))
    await asyncio.gather(*asking)


async def shared_prefix():
    systems = [message("system", f"system {group}", 6000) for group in range(100)]

    def prompt(draws, _):
        group = draws.randrange(100)
        return [systems[group], message("user", f"question {group} {draws.randrange(5)}", 1200)]

    await poisson(14, prompt)


async def small_tails():
    system = message("system", "system", 6000)
    await poisson(40, lambda _, number: [system, message("user", f"tail {number}", 64)])


async def conversations(user, end, has_header):
    draws = random.Random(f"{SEED} user {user}")
    await asyncio.sleep(draws.uniform(0, 6))
    conversation = 0
    while time.monotonic() < end:
        conversation += 1
        name = f"{SEED}-{user}-{conversation}"
        messages = [message("system", "system", 800)]
        for turn in range(draws.randint(4, 13)):
            messages.append(message("user", f"{name} {turn}", int(draws.lognormvariate(6.2, 0.9))))
            await ask(messages, name if has_header else None)
            messages.append(message("assistant", f"{name} {turn} response", 200))
            await asyncio.sleep(draws.expovariate(1 / 4))
            if time.monotonic() >= end:
                return


async def sessions(has_header):
    end = time.monotonic() + SECONDS
    await asyncio.gather(*[conversations(user, end, has_header) for user in range(110)])


def report():
    begun = min(sent for sent, *_ in results)
    counted = [result for result in results if result[0] >= begun + SECONDS / 4]
    served = [result for result in counted if result[1] is not None]
    if not served:
        sys.exit(f"{LOAD}: no request served (expected: most)")
    times = sorted(first * 1000 for _, first, _, _ in served)
    percentiles = [times[int((len(times) - 1) * share)] for share in (0.5, 0.9, 0.99)]
    hits = sum(cached for *_, cached in served) / sum(prompt for _, _, prompt, _ in served)
    print(len(counted), len(counted) - len(served), *(f"{ms:.0f}" for ms in [sum(times) / len(times), *percentiles]), f"{hits:.3f}")


LOADS = {
    "shared-prefix": shared_prefix,
    "small-tails": small_tails,
    "sessions": lambda: sessions(True),
    "no-header": lambda: sessions(False),
}

asyncio.run(LOADS[LOAD]())
report()
