package dev.warmlane.core.vllm;

import dev.warmlane.core.vllm.JsonTokens.MalformedJsonException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Reads the id by which the Responses API calls a response from the first bytes that the engine sends. Not thread-safe. */
public final class ResponseIdReader {
    /** The id is the first member; whoever puts this much before it is not vLLM. */
    private static final int READ_BYTES = 4096;

    private static final KeySearch RESPONSE = new KeySearch("response");
    private static final KeySearch ID = new KeySearch("id");

    private byte[] start = {};
    private int wantedBytes = READ_BYTES;
    private @Nullable String id;

    /** How many of the next bytes it wants at most; 0 once it knows the id, or has seen enough. */
    public int wantedBytes() {
        return wantedBytes;
    }

    /** The next bytes, no more than it wants. */
    public void accept(byte[] bytes) {
        int known = start.length;
        start = Arrays.copyOf(start, known + bytes.length);
        System.arraycopy(bytes, 0, start, known, bytes.length);
        id = idIn(start);
        wantedBytes = id == null ? wantedBytes - bytes.length : 0;
        if (wantedBytes == 0) {
            start = new byte[0];
        }
    }

    /** The id, once; null before it is known and after it was taken. */
    public @Nullable String takeId() {
        String taken = id;
        id = null;
        return taken;
    }

    /**
     * The id of the response that begins with these bytes: of a JSON body, or of a stream whose first event has the response.
     * Never throws.
     *
     * @return null if it has none, or the bytes end before it
     */
    static @Nullable String idIn(byte[] start) {
        int end = start.length;
        int object = 0;
        while (object < end && JsonTokens.isSpace(start[object])) {
            object++;
        }
        if (object < end && start[object] != '{') {
            object = RESPONSE.first(start, object, end);
        }
        // Most of what is cut off has no id yet, and an exception is dear.
        if (object == KeySearch.NONE || object == end || ID.first(start, object, end) == KeySearch.NONE) {
            return null;
        }
        try {
            return idOf(new JsonScanner(start, object, end - object));
        } catch (MalformedJsonException cutOff) {
            return null;
        }
    }

    private static @Nullable String idOf(JsonScanner scanner) {
        scanner.enterObject();
        while (scanner.nextMember()) {
            boolean found = "id".equals(scanner.tokenText(2));
            byte first = scanner.peek();
            scanner.skipValue();
            if (found) {
                return first == '"' ? scanner.tokenText(JsonScanner.LONGEST_NAME) : null;
            }
        }
        return null;
    }
}
