package dev.warmlane.core.vllm;

import dev.warmlane.core.vllm.CanonicalPrompt.PromptTag;
import dev.warmlane.core.vllm.GenerationRequest.SessionField;
import dev.warmlane.core.vllm.GenerationRequest.Splice;
import dev.warmlane.core.vllm.GenerationRequest.StreamOptions;
import dev.warmlane.core.vllm.PromptSpans.MemberOrder;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads the top level of a request body. Used for one body. */
final class RequestReader {
    /** The members that are read; those with a tag are part of the prompt. */
    private enum BodyField {
        MODEL(PromptTag.MODEL),
        CACHE_SALT(PromptTag.CACHE_SALT),
        TOOLS(PromptTag.TOOLS),
        SYSTEM(PromptTag.SYSTEM),
        INSTRUCTIONS(PromptTag.SYSTEM),
        PREVIOUS_RESPONSE_ID(PromptTag.PREVIOUS_RESPONSE),
        MESSAGES(PromptTag.PROMPT),
        PROMPT(PromptTag.PROMPT),
        INPUT(PromptTag.PROMPT),
        TOKEN_IDS(PromptTag.PROMPT),
        STREAM(null),
        STREAM_OPTIONS(null),
        MAX_TOKENS(null),
        MAX_COMPLETION_TOKENS(null),
        MAX_OUTPUT_TOKENS(null),
        N(null),
        BEST_OF(null),
        SAMPLING_PARAMS(null),
        PRIORITY(null),
        SESSION_ID(null),
        PROMPT_CACHE_KEY(null),
        METADATA(null),
        VLLM_XARGS(null);

        private final @Nullable PromptTag tag;

        BodyField(@Nullable PromptTag tag) {
            this.tag = tag;
        }
    }

    /** The members of METADATA and VLLM_XARGS that are read. */
    private enum NestedField {
        SESSION_ID,
        USER_ID
    }

    /** The members of SAMPLING_PARAMS that are read. */
    private enum SamplingField {
        MAX_TOKENS,
        N
    }

    private static final FieldNames<SamplingField> SAMPLING_FIELDS = new FieldNames<>(SamplingField.values());

    private static final FieldNames<NestedField> NESTED_FIELDS = new FieldNames<>(NestedField.values());
    private static final int MAX_SESSION_LENGTH = 1024;

    /** All of them have to be remembered, though one is all that anybody needs. */
    private static final int MAX_PREVIOUS_RESPONSES = 100;

    /** Each is a copy of the body when it is renamed. */
    private static final int MAX_MODELS = 8;

    private static final FieldNames<BodyField> BODY_FIELDS = new FieldNames<>(BodyField.values());

    private final JsonScanner scanner;
    private final PromptSpans spans = new PromptSpans();
    private final MemberOrder members = new MemberOrder();
    private final PromptReader promptReader;

    private @Nullable String model;
    private boolean stream;
    private @Nullable StreamOptions streamOptions;
    private @Nullable Integer maxTokens;
    private @Nullable Integer maxCompletionTokens;
    private int samples = 1;
    private int bestOf = 1;
    private int nestedSamples = 1;
    private int nestedMaxTokens;
    private int prompts = 1;
    private @Nullable Integer priority;
    private @Nullable Splice givenPriority;
    private List<String> previousResponses = List.of();
    private Map<SessionField, String> sessions = Map.of();

    RequestReader(JsonScanner scanner) {
        this.scanner = scanner;
        this.promptReader = new PromptReader(scanner, spans);
    }

    static @Nullable String modelOf(JsonScanner scanner) {
        scanner.enterObject();
        while (scanner.nextMember()) {
            boolean found = BODY_FIELDS.find(scanner) == BodyField.MODEL;
            byte first = scanner.peek();
            scanner.skipValue();
            if (found) {
                return modelName(scanner, first);
            }
        }
        return null;
    }

    /** The model that a value names; null where it names none, as engines take an empty text, too. */
    private static @Nullable String modelName(JsonScanner scanner, byte first) {
        String name = first == '"' ? scanner.tokenName() : "";
        return name.isEmpty() ? null : name;
    }

    /** Puts a text in the place of the value of each {@code model}: of several the engine takes the last. */
    static List<Splice> models(JsonScanner scanner, String text) {
        List<Splice> models = new ArrayList<>(1);
        scanner.enterObject();
        while (scanner.nextMember()) {
            boolean found = BODY_FIELDS.find(scanner) == BodyField.MODEL;
            scanner.skipValue();
            if (found) {
                if (models.size() == MAX_MODELS) {
                    throw scanner.malformed("at most " + MAX_MODELS + " models");
                }
                models.add(Splice.ofValue(scanner, text));
            }
        }
        scanner.expectEnd();
        return models;
    }

    GenerationRequest read() {
        scanner.enterObject();
        int afterBrace = scanner.position();
        boolean empty = true;
        while (scanner.nextMember()) {
            empty = false;
            BodyField field = BODY_FIELDS.find(scanner);
            if (field == null) {
                scanner.skipValue();
            } else if (field.tag != null) {
                promptMember(field, field.tag);
            } else {
                parameter(field);
            }
        }
        scanner.expectEnd();
        StreamOptions options = streamOptions;
        return new GenerationRequest(
                model,
                stream,
                options == null ? StreamOptions.absent(afterBrace, empty) : options,
                maxCompletionTokens != null ? maxCompletionTokens : maxTokens,
                nestedMaxTokens,
                (long) prompts * Math.max(nestedSamples, Math.max(samples, bestOf)),
                priority,
                givenPriority,
                previousResponses,
                sessions,
                canonicalPrompt());
    }

    private CanonicalPrompt canonicalPrompt() {
        // An empty list leaves nothing but its tag.
        if (members.count(PromptTag.PROMPT) <= 1 || spans.overflowed()) {
            return CanonicalPrompt.EMPTY;
        }
        spans.arrange(0, members);
        return spans.toPrompt(scanner.bytes());
    }

    private void promptMember(BodyField field, PromptTag tag) {
        byte first = scanner.peek();
        int from = spans.size();
        if (first == 'n') {
            scanner.skipValue();
        } else {
            spans.addTag(tag);
            promptValue(field);
        }
        members.put(tag, from, spans.size());
        if (field == BodyField.MODEL) {
            model = modelName(scanner, first);
        } else if (field == BodyField.PREVIOUS_RESPONSE_ID && first == '"') {
            if (previousResponses.size() == MAX_PREVIOUS_RESPONSES) {
                throw scanner.malformed("at most " + MAX_PREVIOUS_RESPONSES + " ids of previous responses");
            }
            if (previousResponses.isEmpty()) {
                previousResponses = new ArrayList<>(1);
            }
            previousResponses.add(scanner.tokenName());
        }
    }

    private void promptValue(BodyField field) {
        switch (field) {
            case SYSTEM, INSTRUCTIONS -> promptReader.system();
            case MESSAGES, PROMPT, INPUT, TOKEN_IDS -> {
                promptReader.prompt();
                prompts = Math.max(prompts, promptReader.prompts());
            }
            default -> promptReader.value();
        }
    }

    private void parameter(BodyField field) {
        switch (field) {
            case STREAM -> stream = isTrue();
            case STREAM_OPTIONS -> streamOptions = StreamOptions.read(scanner);
            case MAX_TOKENS, MAX_OUTPUT_TOKENS -> maxTokens = scanner.readInteger();
            case MAX_COMPLETION_TOKENS -> maxCompletionTokens = scanner.readInteger();
            case N -> samples = atLeastOne(scanner.readInteger());
            case BEST_OF -> bestOf = atLeastOne(scanner.readInteger());
            case SAMPLING_PARAMS -> samplingParams();
            case SESSION_ID -> session(SessionField.SESSION_ID);
            case PROMPT_CACHE_KEY -> session(SessionField.PROMPT_CACHE_KEY);
            case METADATA -> nested(SessionField.METADATA_SESSION_ID, SessionField.METADATA_USER_ID);
            case VLLM_XARGS -> nested(SessionField.VLLM_XARGS_SESSION_ID, null);
            default -> priority();
        }
    }

    private void samplingParams() {
        if (scanner.peek() != '{') {
            scanner.skipValue();
            return;
        }
        scanner.enterObject();
        while (scanner.nextMember()) {
            SamplingField field = SAMPLING_FIELDS.find(scanner);
            if (field == null) {
                scanner.skipValue();
            } else if (field == SamplingField.N) {
                nestedSamples = atLeastOne(scanner.readInteger());
            } else {
                Integer given = scanner.readInteger();
                nestedMaxTokens = given == null ? 0 : Math.max(0, given);
            }
        }
    }

    private void nested(SessionField session, @Nullable SessionField user) {
        if (scanner.peek() != '{') {
            scanner.skipValue();
            return;
        }
        scanner.enterObject();
        while (scanner.nextMember()) {
            NestedField field = NESTED_FIELDS.find(scanner);
            if (field == NestedField.SESSION_ID) {
                session(session);
            } else if (field == NestedField.USER_ID && user != null) {
                session(user);
            } else {
                scanner.skipValue();
            }
        }
    }

    private void session(SessionField field) {
        boolean isText = scanner.peek() == '"';
        scanner.skipValue();
        String text = isText ? scanner.tokenText(MAX_SESSION_LENGTH) : null;
        String session = text == null ? null : field.session(text);
        if (session != null) {
            if (sessions.isEmpty()) {
                sessions = new EnumMap<>(SessionField.class);
            }
            sessions.put(field, session);
        }
    }

    private void priority() {
        boolean given = scanner.peek() != 'n';
        priority = scanner.readInteger();
        givenPriority = given ? Splice.ofValue(scanner, "") : null;
    }

    private static int atLeastOne(@Nullable Integer count) {
        return count == null ? 1 : Math.max(1, count);
    }

    private boolean isTrue() {
        boolean value = scanner.peek() == 't';
        scanner.skipValue();
        return value;
    }
}
