package dev.warmlane.core.vllm;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.warmlane.core.vllm.JsonTokens.MalformedJsonException;
import java.io.ByteArrayOutputStream;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Makes of a chat request another one that has an engine compute no more than its beginning: what decides how the prompt is laid
 * out, the first messages as they stand, and one token.
 */
public final class PrefixRequest {
    private enum BodyField {
        MODEL,
        CACHE_SALT,
        TOOLS,
        SYSTEM,
        REASONING_EFFORT,
        CHAT_TEMPLATE_KWARGS,
        MESSAGES,
        /** From here on, what the beginning cannot be told from without. */
        PROMPT,
        INPUT,
        DOCUMENTS,
        CHAT_TEMPLATE,
        MM_PROCESSOR_KWARGS
    }

    private enum MessageField {
        ROLE
    }

    private static final FieldNames<BodyField> BODY_FIELDS = new FieldNames<>(BodyField.values());
    private static final FieldNames<MessageField> MESSAGE_FIELDS = new FieldNames<>(MessageField.values());
    private static final String USER = "\"user\"";

    /** Templates want a question at the end; how short it is makes no difference to what comes before. */
    private static final String QUESTION = "{\"role\":\"user\",\"content\":\".\"}";

    private final byte[] body;
    private final ByteArrayOutputStream made = new ByteArrayOutputStream();

    private PrefixRequest(byte[] body) {
        this.body = body;
    }

    private record Value(int start, int end) {}

    /**
     * The request; null if there is none that begins like the one it is made of, as far as prompts are told apart here.
     *
     * @param body a JSON object
     * @param messages how many of the first ones are computed, at least 0
     * @param hash of these, by {@link CanonicalPrompt#messageEnds}
     */
    public static byte @Nullable [] of(byte[] body, int messages, long hash) {
        try {
            byte[] request = new PrefixRequest(body).make(messages);
            return request != null && begins(request, messages, hash) ? request : null;
        } catch (MalformedJsonException notOurs) {
            return null;
        }
    }

    private static boolean begins(byte[] request, int messages, long hash) {
        CanonicalPrompt.MessageEnds ends =
                GenerationRequest.parse(request).prompt().messageEnds(messages + 1, Integer.MAX_VALUE);
        for (int i = 0; i < ends.count(); i++) {
            if (ends.messages(i) == messages) {
                return ends.hash(i) == hash;
            }
        }
        return false;
    }

    private byte @Nullable [] make(int messages) {
        JsonScanner scanner = new JsonScanner(body);
        Map<BodyField, Value> members = new EnumMap<>(BodyField.class);
        scanner.enterObject();
        // Of members with one name the last counts, and null as absent, as in the prompt.
        while (scanner.nextMember()) {
            BodyField field = BODY_FIELDS.find(scanner);
            Value value = value(scanner);
            if (field != null) {
                members.put(field, value);
            }
        }
        members.values().removeIf(value -> body[value.start()] == 'n');
        Value list = members.remove(BodyField.MESSAGES);
        if (list == null
                || body[list.start()] != '['
                || members.keySet().stream().anyMatch(field -> field.compareTo(BodyField.MESSAGES) > 0)) {
            return null;
        }
        members.forEach((field, value) -> {
            text((made.size() == 0 ? "{\"" : ",\"") + field.name().toLowerCase(Locale.ROOT) + "\":");
            copy(value);
        });
        text((made.size() == 0 ? "{" : ",") + "\"messages\":[");
        if (!messages(list, messages)) {
            return null;
        }
        text("],\"max_tokens\":1}");
        return made.toByteArray();
    }

    private boolean messages(Value list, int count) {
        JsonScanner scanner = new JsonScanner(body, list.start(), list.end() - list.start());
        scanner.enterArray();
        String role = "";
        for (int i = 0; i < count; i++) {
            if (!scanner.nextElement() || scanner.peek() != '{') {
                return false;
            }
            Value message = value(scanner);
            copy(message);
            role = role(message);
            text(i + 1 < count ? "," : "");
        }
        if (!role.equals(USER)) {
            text((count > 0 ? "," : "") + QUESTION);
        }
        return true;
    }

    private String role(Value message) {
        JsonScanner scanner = new JsonScanner(body, message.start(), message.end() - message.start());
        String role = "";
        scanner.enterObject();
        while (scanner.nextMember()) {
            MessageField field = MESSAGE_FIELDS.find(scanner);
            Value value = value(scanner);
            if (field == MessageField.ROLE) {
                role = new String(body, value.start(), value.end() - value.start(), UTF_8);
            }
        }
        return role;
    }

    private static Value value(JsonScanner scanner) {
        scanner.skipValue();
        return new Value(scanner.tokenStart(), scanner.tokenEnd());
    }

    private void copy(Value value) {
        made.write(body, value.start(), value.end() - value.start());
    }

    private void text(String ascii) {
        made.writeBytes(ascii.getBytes(US_ASCII));
    }
}
