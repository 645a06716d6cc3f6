package dev.warmlane.proxy.body;

import dev.warmlane.core.vllm.GenerationRequest;
import dev.warmlane.core.vllm.MalformedJsonException;
import java.nio.charset.StandardCharsets;
import java.util.Set;

/**
 * Asks for the usage chunk of a stream where the client did not: without it, an engine does not say how many tokens were
 * cached. {@link UsageChunkRemover} takes the chunk out again.
 */
public final class UsageChunk {
    private static final Set<String> PATHS = Set.of("/v1/chat/completions", "/v1/completions");
    private static final byte[] ASKING =
            "\"stream_options\":{\"include_usage\":true},".getBytes(StandardCharsets.US_ASCII);

    private UsageChunk() {}

    /**
     * The body with the question added, or the same body where there is nothing to ask: it is not a stream, asks by itself, or
     * is none that could be read. It goes first, so that a client's own stream_options win.
     */
    public static byte[] askIn(byte[] body, String path) {
        if (!PATHS.contains(path) || !isStreamWithoutUsage(body)) {
            return body;
        }
        int start = 0;
        while (body[start] != '{') {
            start++;
        }
        byte[] asking = new byte[body.length + ASKING.length];
        System.arraycopy(body, 0, asking, 0, start + 1);
        System.arraycopy(ASKING, 0, asking, start + 1, ASKING.length);
        System.arraycopy(body, start + 1, asking, start + 1 + ASKING.length, body.length - start - 1);
        return asking;
    }

    private static boolean isStreamWithoutUsage(byte[] body) {
        try {
            GenerationRequest request = GenerationRequest.parse(body, 0, body.length);
            return request.stream() && !request.includeUsage();
        } catch (MalformedJsonException notForUs) {
            return false;
        }
    }
}
