// The official client against a gateway over two pools with names for their models: ModelNamesSdkIT starts it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import OpenAI, { toFile } from 'openai';

const client = new OpenAI({ baseURL: process.env.NAMED_URL, apiKey: 'any', maxRetries: 0 });
const messages = [{ role: 'user', content: 'hi' }];

test('chat by a name', async () => {
  const { data, response } = await client.chat.completions.create({ model: 'chat', messages }).withResponse();
  assert.equal(data.choices[0].message.content, 'second');
  assert.equal(response.headers.get('x-warmlane-model'), 'large');
});

test('names among the models', async () => {
  const ids = [];
  for await (const served of client.models.list()) {
    ids.push(served.id);
  }
  assert.deepEqual(ids.sort(), ['chat', 'large', 'org/hear', 'small']);
  assert.equal((await client.models.retrieve('org/hear')).root, 'small');
  await assert.rejects(client.models.retrieve('none'), OpenAI.NotFoundError);
});

test('audio by a name and by a model', async () => {
  const file = await toFile(Buffer.alloc(100_000, 7), 'speech.wav');
  const named = await client.audio.transcriptions.create({ file, model: 'org/hear' });
  assert.match(named.text, /^first heard 1\d{5} bytes$/);
  const other = await client.audio.transcriptions.create({ file, model: 'large' });
  assert.match(other.text, /^second heard/);
  await assert.rejects(client.audio.transcriptions.create({ file, model: 'none' }), OpenAI.NotFoundError);
});

test('stored responses of both pools', async () => {
  for (const model of ['chat', 'small', 'large']) {
    const made = await client.responses.create({ model, input: 'hi' });
    assert.equal((await client.responses.retrieve(made.id)).id, made.id);
    const next = await client.responses.create({ model, input: 'more', previous_response_id: made.id });
    assert.equal((await client.responses.cancel(next.id)).id, next.id);
    await client.responses.delete(made.id);
  }
  await assert.rejects(client.responses.retrieve('resp_none'), OpenAI.NotFoundError);
});
