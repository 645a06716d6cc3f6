package dev.warmlane.proxy.body;

import dev.warmlane.core.prefix.PromptBlocks;
import dev.warmlane.core.prefix.PromptHasher;
import dev.warmlane.proxy.error.ApiException;
import org.jspecify.annotations.Nullable;

/** The blocks of a request's prompt, made when they are first asked for. Not thread-safe. */
public final class LazyPrompt {
    private static final ThreadLocal<PromptHasher> HASHER =
            ThreadLocal.withInitial(() -> new PromptHasher(PromptHasher.DEFAULT_BLOCK_SIZE_BYTES));

    private final RequestBody body;
    private @Nullable PromptBlocks blocks;

    public LazyPrompt(RequestBody body) {
        this.body = body;
    }

    /** The blocks; none where the body is not JSON by its type. Fails with 400 if it should be JSON and is not. */
    public PromptBlocks get() {
        PromptBlocks result = blocks;
        if (result == null) {
            result = body.isJson() ? hash() : PromptBlocks.EMPTY;
            blocks = result;
        }
        return result;
    }

    /** The blocks, or none if the body cannot be read: what nobody needs to read is for the engine to judge. */
    public PromptBlocks getIfReadable() {
        try {
            return get();
        } catch (ApiException notForUs) {
            return PromptBlocks.EMPTY;
        }
    }

    private PromptBlocks hash() {
        PromptHasher hasher = HASHER.get();
        body.parse().prompt().writeTo(hasher::accept);
        return hasher.finish();
    }
}
