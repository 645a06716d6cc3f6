package dev.warmlane.proxy.outcome;

import dev.warmlane.core.prefix.PromptBlocks;
import dev.warmlane.core.routing.RoutingRequest;
import dev.warmlane.proxy.accesslog.LoggedPrompt;
import dev.warmlane.proxy.body.RequestBody;
import org.jspecify.annotations.Nullable;

/**
 * What the access log keeps of a request's body, which is gone when its line is written.
 *
 * @param prompt null where there is none that could be kept warm
 * @param promptTokens a first estimate of its length; 0 where there is none
 */
public record LoggedRequest(@Nullable LoggedPrompt prompt, long promptTokens) {
    /** What a token is taken for where no policy has read the prompt and learned better. */
    private static final int BYTES_PER_TOKEN = 4;

    /**
     * Reads the prompt, unless the policy has.
     *
     * @param affinity whether the request's route says that prompts are worth keeping warm
     */
    public static LoggedRequest of(RoutingRequest request, RequestBody body, boolean affinity) {
        PromptBlocks known = request.prompt();
        PromptBlocks prompt = known.bytes() == 0 && affinity ? body.promptIfReadable() : known;
        if (prompt.bytes() == 0) {
            return new LoggedRequest(null, 0);
        }
        return new LoggedRequest(LoggedPrompt.of(prompt), Math.max(1, prompt.bytes() / BYTES_PER_TOKEN));
    }
}
