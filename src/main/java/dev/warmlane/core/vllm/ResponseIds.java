package dev.warmlane.core.vllm;

import dev.warmlane.core.vllm.JsonTokens.MalformedJsonException;
import org.jspecify.annotations.Nullable;

/** Finds the id by which the Responses API calls a response, at the start of what the engine sends. */
public final class ResponseIds {
    private static final KeySearch RESPONSE = new KeySearch("response");
    private static final KeySearch ID = new KeySearch("id");

    private ResponseIds() {}

    /**
     * The id of the response that begins with these bytes: of a JSON body, or of a stream whose first event has the response.
     * Never throws.
     *
     * @return null if it has none, or the bytes end before it
     */
    public static @Nullable String idIn(byte[] start) {
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
