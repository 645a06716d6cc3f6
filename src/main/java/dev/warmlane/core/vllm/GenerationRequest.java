package dev.warmlane.core.vllm;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.warmlane.core.vllm.JsonTokens.MalformedJsonException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What the gateway reads of a request body for chat, completions, responses, Anthropic messages or embeddings. Immutable as
 * long as the body is not changed, which {@link #prompt} refers to.
 *
 * @param model the model as the client named it; null is the engine's base model
 * @param stream whether the response is streamed
 * @param streamOptions whether the client asked for a usage chunk at the end of the stream, or how to ask for one
 * @param maxTokens upper bound of generated tokens; null where none is given, or none that is an int
 * @param nestedMaxTokens what {@code sampling_params} give as such an upper bound, which engines read on some paths only; 0: nothing
 * @param samples generated in all, at least 1: {@code n} or {@code best_of}, for each prompt
 * @param priority the engine's scheduling priority, lower is earlier; null where none is given, or none that is an int
 * @param givenPriority the value in the body, which may be something else that an engine takes for a number; null: none
 * @param previousResponses every text that is given as the id of a response to go on from, though engines read only the last
 * @param sessions what names the conversation, by the field that does
 * @param prompt what enters the engine's prompt; empty where the body has a shape nobody knows
 */
public record GenerationRequest(
        @Nullable String model,
        boolean stream,
        StreamOptions streamOptions,
        @Nullable Integer maxTokens,
        int nestedMaxTokens,
        long samples,
        @Nullable Integer priority,
        @Nullable Splice givenPriority,
        List<String> previousResponses,
        Map<SessionField, String> sessions,
        CanonicalPrompt prompt) {

    public GenerationRequest {
        previousResponses = List.copyOf(previousResponses);
        sessions = Map.copyOf(sessions);
    }

    /**
     * Reads a body in one pass, keeping the offsets of the prompt's parts and copying none. Members of unexpected types
     * count as absent: whether they are an error is for the engine to say.
     *
     * @throws MalformedJsonException if the body is not a JSON object
     */
    public static GenerationRequest parse(byte[] body) {
        return new RequestReader(new JsonScanner(body)).read();
    }

    /**
     * Reads no further than the first {@code model}, which decides the pool; what follows may be anything.
     *
     * @return null if the body names no model or is no JSON object up to there
     */
    public static @Nullable String modelOf(byte[] body) {
        try {
            return RequestReader.modelOf(new JsonScanner(body));
        } catch (MalformedJsonException notJson) {
            return null;
        }
    }

    /** Whether this stands for a name that is longer than any model's. */
    public static boolean isTooLong(String model) {
        return model.length() > JsonScanner.LONGEST_NAME || JsonScanner.isCut(model);
    }

    /**
     * A body that names another model, wherever it names one, and is else the same byte for byte.
     *
     * @throws MalformedJsonException if the body is not a JSON object
     */
    public static byte[] withModel(byte[] body, String model) {
        String value = JsonStrings.quote(model);
        byte[] renamed = body;
        List<Splice> names = RequestReader.models(new JsonScanner(body), value);
        // From the end, so that the places of the others stay.
        for (int i = names.size() - 1; i >= 0; i--) {
            renamed = names.get(i).applyTo(renamed);
        }
        return renamed;
    }

    /**
     * The body that asks for a usage report at the end of its stream, or null where there is nothing to ask: it is no stream,
     * asks by itself, or has options that would make the engine say more than that.
     *
     * @param body that this was read from
     */
    public byte @Nullable [] askingForUsage(byte[] body) {
        Splice question = streamOptions.question();
        return stream && question != null ? question.applyTo(body) : null;
    }

    /** Whether the client asks for a usage chunk at the end of the stream. */
    public boolean includeUsage() {
        return streamOptions.includesUsage();
    }

    /** Whether engines may serve others first: it gives a priority that is above 0, or that only engines take for a number. */
    public boolean mayGiveWay() {
        return givenPriority != null && (priority == null || priority > 0);
    }

    /**
     * The body with its priority no earlier than this, or null if it gives none that is.
     *
     * @param body that this was read from
     */
    public byte @Nullable [] notBefore(int earliest, byte[] body) {
        Splice given = givenPriority;
        if (given == null || (priority != null && priority >= earliest)) {
            return null;
        }
        return given.with(Integer.toString(earliest)).applyTo(body);
    }

    /** The same without a reference to the body. */
    public GenerationRequest withoutPrompt() {
        return new GenerationRequest(
                model,
                stream,
                new StreamOptions(includeUsage(), null),
                maxTokens,
                nestedMaxTokens,
                samples,
                priority,
                null,
                previousResponses,
                sessions,
                CanonicalPrompt.EMPTY);
    }

    /** Length of the canonical prompt in bytes, from which its tokens can be estimated. */
    public long promptBytes() {
        return prompt.length();
    }

    /** Says nothing of the prompt or the salt, so that it can be logged. */
    @Override
    public String toString() {
        return "GenerationRequest[model=%s, stream=%s, promptBytes=%d]".formatted(model, stream, promptBytes());
    }

    /**
     * What a body says of usage reports, and how to ask for one within it. Immutable.
     *
     * @param includesUsage whether the client itself asks for one
     * @param question asks for it; null: not without giving the client something else that it did not ask for
     */
    record StreamOptions(boolean includesUsage, @Nullable Splice question) {
        private static final String OPTION = "\"include_usage\":true";
        private static final String OPTIONS = "{" + OPTION + "}";
        private static final String MEMBER = "\"stream_options\":" + OPTIONS;

        private enum Option {
            INCLUDE_USAGE,
            CONTINUOUS_USAGE_STATS
        }

        private static final FieldNames<Option> NAMES = new FieldNames<>(Option.values());

        /** In a body that has none. */
        static StreamOptions absent(int afterBrace, boolean emptyBody) {
            return new StreamOptions(false, Splice.at(afterBrace, emptyBody ? MEMBER : MEMBER + ","));
        }

        /** Reads the value of {@code stream_options}. One that only an engine can judge is left to it. */
        static StreamOptions read(JsonScanner scanner) {
            byte first = scanner.peek();
            if (first != '{') {
                scanner.skipValue();
                return new StreamOptions(false, first == 'n' ? Splice.ofValue(scanner, OPTIONS) : null);
            }
            scanner.enterObject();
            int afterBrace = scanner.position();
            Splice question = Splice.at(afterBrace, OPTION);
            boolean said = false;
            boolean includes = false;
            boolean continuous = false;
            while (scanner.nextMember()) {
                Option option = NAMES.find(scanner);
                byte value = scanner.peek();
                scanner.skipValue();
                boolean off = value == 'f' || value == 'n';
                if (option == Option.INCLUDE_USAGE) {
                    said = true;
                    includes = value == 't';
                    question = off ? Splice.ofValue(scanner, "true") : null;
                } else if (!said) {
                    question = Splice.at(afterBrace, OPTION + ",");
                }
                if (option == Option.CONTINUOUS_USAGE_STATS) {
                    continuous = !off;
                }
            }
            // With continuous reports, each chunk would have one as soon as the question is asked.
            return new StreamOptions(includes, includes || continuous ? null : question);
        }
    }

    /** Members of a request body that clients put the id of a conversation into. */
    public enum SessionField {
        SESSION_ID("session_id"),
        METADATA_SESSION_ID("metadata.session_id"),
        VLLM_XARGS_SESSION_ID("vllm_xargs.session_id"),
        PROMPT_CACHE_KEY("prompt_cache_key"),
        /** Claude Code's: a user, an account and a session in one text. Without a session it names a user alone, and does not count. */
        METADATA_USER_ID("metadata.user_id");

        private static final String SESSION_PART = "_session_";
        private static final String SESSION_MEMBER = "\"session_id\":\"";

        private final String path;

        SessionField(String path) {
            this.path = path;
        }

        /** Its names from the top of the body, joined by dots. */
        public String path() {
            return path;
        }

        /** @throws IllegalArgumentException if no field has this path */
        public static SessionField ofPath(String path) {
            return Arrays.stream(values())
                    .filter(field -> field.path.equals(path))
                    .findFirst()
                    .orElseThrow(() -> new IllegalArgumentException(
                            "session field: %s (expected: one of %s)".formatted(path, paths())));
        }

        /** All paths, for messages. */
        public static String paths() {
            return Arrays.stream(values()).map(SessionField::path).collect(Collectors.joining(", "));
        }

        /** The session that its text names; null if it names none. */
        @Nullable
        String session(String text) {
            if (text.isBlank()) {
                return null;
            }
            if (this != METADATA_USER_ID) {
                return text;
            }
            int part = text.lastIndexOf(SESSION_PART);
            if (part >= 0) {
                String session = text.substring(part + SESSION_PART.length());
                return session.isBlank() ? null : session;
            }
            String compact = text.replace(" ", "");
            int member = compact.indexOf(SESSION_MEMBER);
            int end = member < 0 ? -1 : compact.indexOf('"', member + SESSION_MEMBER.length());
            return end <= member + SESSION_MEMBER.length()
                    ? null
                    : compact.substring(member + SESSION_MEMBER.length(), end);
        }
    }

    /**
     * A text in place of some bytes of a body; all others stay as they were. Immutable.
     *
     * @param start of the bytes that the text replaces
     * @param end of these, exclusive
     * @param text ASCII
     */
    record Splice(int start, int end, String text) {
        /** In place of the value that was read last. */
        static Splice ofValue(JsonScanner scanner, String text) {
            return new Splice(scanner.tokenStart(), scanner.tokenEnd(), text);
        }

        static Splice at(int position, String text) {
            return new Splice(position, position, text);
        }

        Splice with(String other) {
            return new Splice(start, end, other);
        }

        /** A new body with the text in it. */
        byte[] applyTo(byte[] body) {
            byte[] result = new byte[body.length - (end - start) + text.length()];
            System.arraycopy(body, 0, result, 0, start);
            System.arraycopy(text.getBytes(US_ASCII), 0, result, start, text.length());
            System.arraycopy(body, end, result, start + text.length(), body.length - end);
            return result;
        }
    }
}
