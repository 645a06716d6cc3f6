package dev.warmlane.proxy.body;

import dev.warmlane.core.prefix.PromptBlocks;
import dev.warmlane.core.prefix.PromptBlocks.PromptHasher;
import dev.warmlane.core.vllm.EngineVersion;
import dev.warmlane.core.vllm.GenerationRequest;
import dev.warmlane.core.vllm.GenerationRequest.SessionField;
import dev.warmlane.core.vllm.HeaderParameters;
import dev.warmlane.core.vllm.JsonTokens.MalformedJsonException;
import dev.warmlane.core.vllm.MultipartForm;
import dev.warmlane.proxy.error.ApiException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A request's body as it will be sent, and what it says: parsed when something is asked of it, and then once. Not thread-safe,
 * but for {@link #bytes} and {@link #release}.
 */
public final class RequestBody {
    private static final ThreadLocal<PromptHasher> HASHER =
            ThreadLocal.withInitial(() -> new PromptHasher(PromptHasher.DEFAULT_BLOCK_SIZE_BYTES));

    /** More than a name may have. */
    private static final int LONGEST_MODEL_BYTES = 8192;

    private final BufferedBody buffered;
    private final boolean json;
    private @Nullable GenerationRequest parsed;
    private final @Nullable String boundary;
    private final @Nullable String inQuery;
    private @Nullable String model;
    private boolean modelRead;
    private @Nullable PromptBlocks prompt;
    private @Nullable EngineVersion engine;

    /**
     * What a request says beside its headers.
     *
     * @param contentType the value of Content-Type; absent counts as JSON, which vLLM's paths take
     * @param modelInQuery the model that the query names, which counts where there is no body; null: none
     */
    public RequestBody(BufferedBody buffered, @Nullable String contentType, @Nullable String modelInQuery) {
        this.buffered = buffered;
        this.json = contentType == null || isJson(contentType);
        this.boundary = json ? null : boundary(contentType);
        this.inQuery = modelInQuery;
    }

    /** By the media type alone: a parameter, such as the boundary of a form, may have any letters. */
    private static boolean isJson(String contentType) {
        int parameters = contentType.indexOf(';');
        String mediaType = parameters < 0 ? contentType : contentType.substring(0, parameters);
        return mediaType.toLowerCase(Locale.ROOT).contains("json");
    }

    private static @Nullable String boundary(@Nullable String contentType) {
        Map<String, String> parameters =
                contentType == null ? null : HeaderParameters.of(contentType.strip(), "multipart/form-data");
        return parameters == null ? null : parameters.get("boundary");
    }

    /** The bytes to send; empty once they are released. */
    public byte[] bytes() {
        return buffered.bytes();
    }

    /** Whether there is none, or it is released. */
    public boolean isEmpty() {
        return bytes().length == 0;
    }

    /** Whether this is a body that could be parsed. */
    public boolean isJson() {
        return json && !isEmpty();
    }

    /**
     * The model that the request names, or null; read once, and in JSON no further than that. Fails with 400 if a form names several.
     */
    @Nullable
    public String model() {
        if (!modelRead) {
            model = readModel();
            modelRead = true;
        }
        return model;
    }

    /** The model it names, if somebody has looked for it; else null. */
    public @Nullable String modelIfRead() {
        return model;
    }

    private @Nullable String readModel() {
        byte[] bytes = bytes();
        if (bytes.length == 0) {
            return inQuery;
        }
        if (json) {
            GenerationRequest known = parsed;
            return known != null ? known.model() : GenerationRequest.modelOf(bytes);
        }
        MultipartForm form = form(bytes);
        return form == null || form.size() == 0 ? null : form.text(LONGEST_MODEL_BYTES);
    }

    private @Nullable MultipartForm form(byte[] bytes) {
        if (boundary == null) {
            return null;
        }
        MultipartForm form = new MultipartForm(bytes, boundary, "model");
        if (form.size() > 1) {
            throw ApiException.badRequest("model", "model_repeated", "The form names a model more than once.");
        }
        return form;
    }

    /** Whether it is a form that an engine may read otherwise, so that nobody knows which model it names there. */
    public boolean isAmbiguous() {
        MultipartForm form = json || isEmpty() ? null : form(bytes());
        return form != null && !form.isPlain();
    }

    /** The model that an engine would use, the last if there are several. Null if the body names none or cannot be read. */
    @Nullable
    public String lastModel() {
        if (!isJson()) {
            return model();
        }
        GenerationRequest request = parseIfReadable();
        return request == null ? null : request.model();
    }

    /** What the body says. Fails with 400 if it is not a JSON object. */
    public GenerationRequest parse() {
        try {
            return parsed();
        } catch (MalformedJsonException e) {
            throw ApiException.notJson(e);
        }
    }

    /** What the body says, or null if it cannot be read: what nobody needs to read is for the engine to judge. */
    public @Nullable GenerationRequest parseIfReadable() {
        try {
            return parsed();
        } catch (MalformedJsonException notForUs) {
            return null;
        }
    }

    /** The session that the first of these fields names which names one; null if none does or the body cannot be read. */
    public @Nullable String session(List<SessionField> fields) {
        GenerationRequest request = isJson() ? parseIfReadable() : null;
        if (request == null || request.sessions().isEmpty()) {
            return null;
        }
        for (SessionField field : fields) {
            String session = request.sessions().get(field);
            if (session != null) {
                return session;
            }
        }
        return null;
    }

    /** Whether the response is streamed, and its first token comes when others' would: the body asks for no lower priority. */
    public boolean streamsInTurn() {
        GenerationRequest request = isJson() ? parseIfReadable() : null;
        return request != null && request.stream() && !request.mayGiveWay();
    }

    /** The release of the engines that will read it; until this is known, the newest is assumed. */
    public void engine(@Nullable EngineVersion oldest) {
        engine = oldest;
    }

    /** The blocks of the prompt; none where the body is not JSON by its type. Fails with 400 if it should be JSON and is not. */
    public PromptBlocks prompt() {
        PromptBlocks result = prompt;
        if (result == null) {
            result = isJson() ? hash(parse()) : PromptBlocks.EMPTY;
            prompt = result;
        }
        return result;
    }

    /** The blocks of the prompt, or none if the body cannot be read. */
    public PromptBlocks promptIfReadable() {
        return isJson() && parseIfReadable() == null ? PromptBlocks.EMPTY : prompt();
    }

    /** Names another model and is else the same. Fails with 400 if it is not a JSON object, with 503 past the budget. */
    public void model(String other) {
        try {
            if (!isEmpty()) {
                rewrite(bytes -> withModel(bytes, other));
            }
        } catch (MalformedJsonException e) {
            throw ApiException.notJson(e);
        }
        model = other;
        modelRead = true;
    }

    private byte[] withModel(byte[] bytes, String other) {
        MultipartForm form = json ? null : form(bytes);
        return form == null ? GenerationRequest.withModel(bytes, other) : form.with(other);
    }

    /** Replaces the bytes to send by what is made of them: the same request in other words. Fails with 503 past the budget. */
    public void rewrite(UnaryOperator<byte[]> rewriting) {
        buffered.rewrite(rewriting);
        parsed = null;
        prompt = null;
        modelRead = false;
    }

    /**
     * Asks for the usage chunk of a stream where the client did not: without it, an engine does not say how many tokens were
     * cached. {@link ChunkRewriter.UsageChunkRemover} takes the chunk out again. The client's other options stay, and what was read before
     * stays true.
     *
     * @return false where there is nothing to ask: it is no stream, asks by itself, or cannot be read
     */
    public boolean askForUsageChunk() {
        GenerationRequest request = parseIfReadable();
        byte[] asking = request == null ? null : request.askingForUsage(bytes());
        if (asking == null) {
            return false;
        }
        buffered.replace(asking);
        return true;
    }

    /** Forgets where the prompt's parts lie, once nobody will ask for them: a waiting request must not hold more than it needs. */
    public void forgetPrompt() {
        GenerationRequest request = parsed;
        if (request != null) {
            parsed = request.withoutPrompt();
        }
        prompt = null;
    }

    /** Drops the bytes and returns what they held of the budget; once, however often it is called. */
    public void release() {
        buffered.release();
    }

    private GenerationRequest parsed() {
        GenerationRequest result = parsed;
        if (result == null) {
            byte[] bytes = bytes();
            result = GenerationRequest.parse(bytes);
            parsed = result;
        }
        return result;
    }

    private PromptBlocks hash(GenerationRequest request) {
        PromptHasher hasher = HASHER.get();
        request.prompt().writeTo(hasher::accept, engine);
        return hasher.finish();
    }
}
