package dev.warmlane.proxy.body;

import dev.warmlane.core.vllm.GenerationRequest;
import dev.warmlane.core.vllm.MalformedJsonException;
import dev.warmlane.proxy.error.ApiException;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** A request's body, parsed when something is asked of it and then once. Not thread-safe. */
public final class RequestBody {
    private final byte[] bytes;
    private final boolean json;
    private @Nullable GenerationRequest parsed;

    /** @param contentType the value of Content-Type; absent counts as JSON, which vLLM's paths take */
    public RequestBody(byte[] bytes, @Nullable String contentType) {
        this.bytes = bytes;
        this.json = contentType == null || contentType.toLowerCase(Locale.ROOT).contains("json");
    }

    byte[] bytes() {
        return bytes;
    }

    public boolean isEmpty() {
        return bytes.length == 0;
    }

    /** Whether this is a body that could be parsed. */
    public boolean isJson() {
        return json && bytes.length > 0;
    }

    /** The model it names, or null; reads no further than that. */
    @Nullable
    public String model() {
        if (!isJson()) {
            return null;
        }
        return parsed != null ? parsed.model() : GenerationRequest.modelOf(bytes, 0, bytes.length);
    }

    /** What the body says. Fails with 400 if it is not a JSON object. */
    public GenerationRequest parse() {
        GenerationRequest result = parsed;
        if (result == null) {
            try {
                result = GenerationRequest.parse(bytes, 0, bytes.length);
            } catch (MalformedJsonException e) {
                throw ApiException.badRequest(null, "invalid_json", "The request body is not JSON: " + e.getMessage());
            }
            parsed = result;
        }
        return result;
    }
}
