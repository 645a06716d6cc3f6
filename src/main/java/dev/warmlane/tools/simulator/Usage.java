package dev.warmlane.tools.simulator;

import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * What a request used, in tokens.
 *
 * @param prompt tokens of the prompt
 * @param completion tokens of the response
 * @param cached prompt tokens found in the cache, or null where the server does not tell
 */
record Usage(int prompt, int completion, @Nullable Integer cached) {

    /** The usage object of a stream's last chunk: what is unknown is left out. */
    ObjectNode inStream() {
        ObjectNode usage = counts();
        if (cached != null) {
            usage.set("prompt_tokens_details", Json.object().put("cached_tokens", cached));
        }
        return usage;
    }

    /** The usage object of a whole response: what is unknown is null. */
    ObjectNode inBody(VllmVersion version) {
        ObjectNode usage = counts();
        if (cached == null) {
            usage.putNull("prompt_tokens_details");
        } else {
            ObjectNode details = usage.putObject("prompt_tokens_details").put("cached_tokens", cached);
            if (!version.isLegacy()) {
                details.putNull("created_cache_tokens").putNull("multimodal_tokens");
            }
        }
        if (!version.isLegacy()) {
            usage.putNull("completion_tokens_details");
        }
        return usage;
    }

    private ObjectNode counts() {
        return Json.object()
                .put("prompt_tokens", prompt)
                .put("total_tokens", prompt + completion)
                .put("completion_tokens", completion);
    }
}
