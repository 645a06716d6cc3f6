// The official client against a running gateway. NodeSdkIT starts it with the addresses of two gateways: one in front of
// simulated engines, one in front of an engine that answers what each case below expects, in this order.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import OpenAI from 'openai';
import { WebSocket } from 'ws';

const model = 'Qwen/Qwen3-0.6B';
const messages = [{ role: 'user', content: 'What is a KV cache?' }];
const simulated = new OpenAI({ baseURL: process.env.SIMULATED_URL, apiKey: 'any' });
const scripted = new OpenAI({ baseURL: process.env.SCRIPTED_URL, apiKey: 'any' });

test('chat', async () => {
  const answer = await simulated.chat.completions.create({ model, messages });
  assert.ok(answer.choices[0].message.content.length > 0);
  assert.equal(answer.choices[0].finish_reason, 'stop');
  assert.equal(answer.usage.total_tokens, answer.usage.prompt_tokens + answer.usage.completion_tokens);
});

test('chat as a stream, with usage', async () => {
  const stream = await simulated.chat.completions.create({
    model,
    messages,
    stream: true,
    stream_options: { include_usage: true },
  });
  let text = '';
  let usage = null;
  for await (const chunk of stream) {
    text += chunk.choices[0]?.delta.content ?? '';
    usage = chunk.usage ?? usage;
  }
  const whole = await simulated.chat.completions.create({ model, messages });
  assert.equal(text, whole.choices[0].message.content);
  assert.equal(usage.completion_tokens, whole.usage.completion_tokens);
});

test('a stream that the client leaves', async () => {
  const stream = await simulated.chat.completions.create({ model, messages, stream: true, max_tokens: 2000 });
  for await (const chunk of stream) {
    assert.ok(chunk.id);
    break;
  }
  assert.ok(stream.controller.signal.aborted);
});

test('tools', async () => {
  const tool = { type: 'function', function: { name: 'lookup', parameters: { type: 'object', properties: {} } } };
  const request = { model, messages, tools: [tool], tool_choice: 'required' };
  const answer = await simulated.chat.completions.create(request);
  const call = answer.choices[0].message.tool_calls[0];
  assert.equal(answer.choices[0].finish_reason, 'tool_calls');
  assert.equal(call.function.name, 'lookup');
  const streamed = await simulated.chat.completions.stream(request).finalChatCompletion();
  const streamedCall = streamed.choices[0].message.tool_calls[0];
  assert.deepEqual(JSON.parse(streamedCall.function.arguments), JSON.parse(call.function.arguments));
});

test('completions and responses', async () => {
  const completion = await simulated.completions.create({ model, prompt: 'Once upon a time' });
  assert.ok(completion.choices[0].text.length > 0);
  const response = await simulated.responses.create({ model, input: 'What is a KV cache?' });
  assert.ok(response.output_text.length > 0);
});

test('embeddings', async () => {
  const answer = await simulated.embeddings.create({ model, input: 'a KV cache', encoding_format: 'float' });
  assert.ok(answer.data[0].embedding.length > 0);
});

test('models', async () => {
  const ids = [];
  for await (const served of simulated.models.list()) {
    ids.push(served.id);
  }
  assert.deepEqual(ids, [model]);
});

test('an unknown model is a NotFoundError', async () => {
  await assert.rejects(simulated.chat.completions.create({ model: 'gpt-none', messages }), (error) => {
    assert.ok(error instanceof OpenAI.NotFoundError);
    assert.equal(error.code, 'model_not_found');
    assert.equal(error.param, 'model');
    assert.ok(error.requestID);
    return true;
  });
});

test('a prompt that is too long is a BadRequestError', async () => {
  const request = simulated.chat.completions.create({ model, messages, max_tokens: 10_000_000 });
  await assert.rejects(request, OpenAI.BadRequestError);
});

test('waits as long as retry-after-ms says, then tries again', async () => {
  const waits = [];
  const { setTimeout } = globalThis;
  globalThis.setTimeout = (action, millis, ...rest) => {
    waits.push(millis);
    return setTimeout(action, millis, ...rest);
  };
  try {
    const answer = await scripted.chat.completions.create({ model: 'm', messages });
    assert.equal(answer.choices[0].message.content, 'second');
  } finally {
    globalThis.setTimeout = setTimeout;
  }
  assert.ok(waits.includes(123), `waits: ${waits}`);
});

test('does not try again where x-should-retry says so', async () => {
  await assert.rejects(scripted.chat.completions.create({ model: 'm', messages }), OpenAI.InternalServerError);
});

test('an error event ends a stream with an APIError', async () => {
  const stream = await scripted.chat.completions.create({ model: 'm', messages, stream: true });
  await assert.rejects(
    async () => {
      for await (const chunk of stream) {
        assert.equal(chunk.choices[0].delta.content, 'cut');
      }
    },
    (error) => error instanceof OpenAI.APIError && error.code === 'upstream_failed',
  );
});

test('a WebSocket of realtime transcription', async () => {
  const url = process.env.SIMULATED_URL.replace('http', 'ws') + '/realtime?x-session-id=node';
  const socket = new WebSocket(url, { perMessageDeflate: true });
  const heard = [];
  const audio = Buffer.alloc(64_000).toString('base64');
  socket.on('message', (data) => {
    const event = JSON.parse(data);
    heard.push(event.type);
    if (event.type === 'session.created') {
      socket.send(JSON.stringify({ type: 'session.update', model }));
      socket.send(JSON.stringify({ type: 'input_audio_buffer.commit' }));
      socket.send(JSON.stringify({ type: 'input_audio_buffer.append', audio }));
      socket.send(JSON.stringify({ type: 'input_audio_buffer.commit', final: true }));
    } else if (event.type === 'transcription.done') {
      assert.ok(event.text.length > 0);
      socket.close(4000, 'thanks');
    }
  });
  const code = await new Promise((resolve, reject) => socket.on('close', resolve).on('error', reject));
  assert.equal(code, 4000);
  assert.deepEqual(heard, ['session.created', 'transcription.delta', 'transcription.done']);
});
