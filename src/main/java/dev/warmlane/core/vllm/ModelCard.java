package dev.warmlane.core.vllm;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One model in a response to {@code GET /v1/models}. Immutable.
 *
 * @param id what requests name it by
 * @param adapter whether it is one of another model
 * @param json the whole card as one JSON object, without white space between its tokens
 */
public record ModelCard(String id, boolean adapter, String json) {
    private static final int LONGEST_MEMBER = "parent".length();

    /**
     * The cards of a response, in its order. What has no name is passed over, and so is what has one of more than
     * {@value JsonScanner#LONGEST_NAME} characters.
     *
     * @throws JsonTokens.MalformedJsonException if the body is not a list of models
     */
    public static List<ModelCard> list(byte[] body) {
        JsonScanner scanner = new JsonScanner(body);
        List<ModelCard> cards = null;
        scanner.enterObject();
        while (scanner.nextMember()) {
            if ("data".equals(scanner.tokenText(LONGEST_MEMBER))) {
                cards = new ArrayList<>();
                scanner.enterArray();
                while (scanner.nextElement()) {
                    ModelCard card = read(scanner);
                    if (card != null) {
                        cards.add(card);
                    }
                }
            } else {
                scanner.skipValue();
            }
        }
        scanner.expectEnd();
        if (cards == null) {
            throw scanner.malformed("a list of models");
        }
        return cards;
    }

    private static @Nullable ModelCard read(JsonScanner scanner) {
        if (scanner.peek() != '{') {
            scanner.skipValue();
            return null;
        }
        int start = scanner.position();
        String id = null;
        boolean adapter = false;
        scanner.enterObject();
        while (scanner.nextMember()) {
            String member = scanner.tokenText(LONGEST_MEMBER);
            boolean text = scanner.peek() == '"';
            scanner.skipValue();
            if ("id".equals(member)) {
                id = text ? scanner.tokenText(JsonScanner.LONGEST_NAME) : null;
            } else if ("parent".equals(member)) {
                adapter = text;
            }
        }
        return id == null || id.isBlank() || GenerationRequest.isTooLong(id)
                ? null
                : new ModelCard(id, adapter, withoutSpaces(scanner.bytes(), start, scanner.position()));
    }

    private static String withoutSpaces(byte[] json, int start, int end) {
        byte[] kept = new byte[end - start];
        int length = 0;
        boolean inString = false;
        for (int i = start; i < end; i++) {
            if (json[i] == '"') {
                inString = !inString;
            } else if (inString && json[i] == '\\') {
                kept[length++] = json[i++];
            } else if (!inString && JsonTokens.isSpace(json[i])) {
                continue;
            }
            kept[length++] = json[i];
        }
        return new String(kept, 0, length, UTF_8);
    }
}
