"""Sends streamed chats to a port of 127.0.0.1 as one of four loads, and prints the number of requests, how many failed, mean, p50, p90 and
p99 of the milliseconds to the first token, and the share of prompt tokens that were cached. A token is four bytes, as for the simulated
servers. The first quarter of the time counts for nothing. Arguments: port, load, seconds, seed.

shared-prefix   100 system prompts of 6,000 tokens, five questions of 1,200 for each, 14 requests a second (Poisson)
small-tails     one system prompt of 6,000 tokens, 64 tokens that nobody else has, 40 requests a second (Poisson)
sessions        110 conversations at a time that grow by some 700 tokens a turn, 4 s between turns, with a session header
no-header       the same without
"""

import asyncio
import random
import sys
import time

import chats

PORT, LOAD, SECONDS, SEED = int(sys.argv[1]), sys.argv[2], float(sys.argv[3]), sys.argv[4]
OUTPUT_TOKENS = 24
TIMEOUT_SECONDS = 120

results = []


def message(role, name, tokens):
    return chats.message(role, f"{SEED} {name}", tokens)


async def receive(reader, sent):
    """The seconds to the first token, and the end of the response."""
    first, text = None, b""
    while data := await reader.read(65536):
        text = (text + data)[-4096:]
        if first is None and chats.FIRST_TOKEN.search(text):
            first = time.monotonic() - sent
    return first, text


async def ask(messages, session=None):
    sent = time.monotonic()
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", PORT)
        writer.write(chats.request(messages, OUTPUT_TOKENS, session))
        first, text = await asyncio.wait_for(receive(reader, sent), TIMEOUT_SECONDS)
        writer.close()
    except (OSError, asyncio.TimeoutError):
        first, text = None, b""
    prompt, cached = chats.number(chats.PROMPT_TOKENS, text), chats.number(chats.CACHED_TOKENS, text)
    results.append((sent, None if prompt is None else first, prompt or 0, cached or 0))


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
