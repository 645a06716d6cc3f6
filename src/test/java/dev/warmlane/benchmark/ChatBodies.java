package dev.warmlane.benchmark;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Random;

/** Chat bodies as an agent's session makes them: a system prompt, then turns with line breaks and quotes. */
final class ChatBodies {
    private static final String WORDS =
            "the cache of a server holds what it has read and a prompt that starts alike is cheap ";

    private ChatBodies() {}

    /** A body of about this many bytes, of messages of about 2 KB. */
    static byte[] chat(int bytes, long seed) {
        Random random = new Random(seed);
        StringBuilder body =
                new StringBuilder("{\"model\":\"m\",\"stream\":true,\"messages\":[{\"role\":\"system\",\"content\":\"");
        while (body.length() < bytes) {
            text(body, 2_000, random);
            body.append("\"},{\"role\":\"")
                    .append(random.nextBoolean() ? "user" : "assistant")
                    .append("\",\"content\":\"");
        }
        return body.append("\"}]}").toString().getBytes(UTF_8);
    }

    private static void text(StringBuilder body, int length, Random random) {
        int end = body.length() + length;
        while (body.length() < end) {
            int from = random.nextInt(WORDS.length() / 2);
            body.append(WORDS, from, WORDS.length()).append(random.nextInt(8) == 0 ? "\\n" : "");
        }
    }
}
