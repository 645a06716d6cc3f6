"""Sends chats to 127.0.0.1:18080 as a Poisson process: 150 groups of 5 sessions, 6,000 tokens that a group shares, 1,200 of the session's own,
200 tokens of response, streamed. A token is four bytes, as for the simulated servers. Arguments: requests a second, seconds, the seed.
Prints a line for each request: the second in which it was sent, its endpoint, prompt tokens, cached ones, and seconds to the first token."""

import asyncio
import json
import random
import sys
import time

GROUPS, SESSIONS, SHARED, OWN, OUTPUT = 150, 5, 6_000, 1_200, 200


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


async def ask(session, begun):
    sent = time.monotonic()
    first, usage, endpoint = None, None, "none"
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", 18080, limit=1 << 20)
        prompt = body(session)
        # HTTP/1.0 has no chunks that would cut events.
        writer.write(
            f"POST /v1/chat/completions HTTP/1.0\r\nHost: g\r\nContent-Type: application/json\r\n"
            f"x-session-id: s{session}\r\nContent-Length: {len(prompt)}\r\n\r\n".encode() + prompt)
        while line := await asyncio.wait_for(reader.readline(), 120):
            if line.lower().startswith(b"x-warmlane-endpoint:"):
                endpoint = line.split(b":", 1)[1].decode().strip()
            elif line.startswith(b"data: {"):
                event = json.loads(line[6:])
                usage = event.get("usage") or usage
                if first is None and event["choices"] and event["choices"][0]["delta"].get("content"):
                    first = time.monotonic() - sent
        writer.close()
    except (OSError, asyncio.TimeoutError, ValueError) as problem:
        print(f"a request failed: {problem!r}", file=sys.stderr)
    if first is None or usage is None:
        print(int(sent - begun), endpoint, 0, 0, -1, flush=True)
    else:
        cached = (usage.get("prompt_tokens_details") or {}).get("cached_tokens", 0)
        print(int(sent - begun), endpoint, usage["prompt_tokens"], cached, f"{first:.3f}", flush=True)


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
