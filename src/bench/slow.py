"""Opens so many connections as the first argument says and sends a request's head over each, one byte of a header a second;
a connection that the gateway has had enough of starts anew. Until it is killed."""

import asyncio
import sys


async def drip():
    while True:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", 18080)
            writer.write(b"POST /v1/chat/completions HTTP/1.1\r\nHost: g\r\nx-slow: ")
            while not reader.at_eof():
                await writer.drain()
                await asyncio.sleep(1)
                writer.write(b"a")
            writer.close()
        except OSError:
            await asyncio.sleep(0.1)


async def main(count):
    tasks = []
    for _ in range(count):
        tasks.append(asyncio.create_task(drip()))
        await asyncio.sleep(0.0005)
    await asyncio.gather(*tasks)


asyncio.run(main(int(sys.argv[1])))
