package dev.warmlane.tools.simulator;

import org.jspecify.annotations.Nullable;

/**
 * What every part of a response repeats.
 *
 * @param requestId the client's request id, or one made for it
 * @param createdSeconds Unix time
 * @param model the model that answers
 * @param includeUsage whether a stream ends with a usage chunk
 * @param toolName the function that is called, or null for text
 */
record ResponseHead(
        String requestId,
        long createdSeconds,
        String model,
        boolean includeUsage,
        @Nullable String toolName) {}
