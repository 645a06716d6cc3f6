package dev.warmlane.proxy.prewarm;

import dev.warmlane.core.prefix.PromptBeginning.PrefixCall;
import dev.warmlane.core.prefix.PromptBeginning.Sender;
import dev.warmlane.core.prefix.SharedPrompts;
import dev.warmlane.core.vllm.CanonicalPrompt.MessageEnds;
import dev.warmlane.core.vllm.GenerationRequest;
import dev.warmlane.core.vllm.PrefillBody;
import dev.warmlane.core.vllm.PrefixRequest;
import dev.warmlane.proxy.body.RequestBody;
import org.jspecify.annotations.Nullable;

/** Notes the beginnings of clients' prompts, to find those that sessions share. Safe from any thread. */
public final class SharedPromptReader {
    /** What sessions share ends early; later messages are their own. */
    private static final int MOST_ENDS = 4;

    private static final int MOST_BYTES = 1 << 20;

    private SharedPromptReader() {}

    /** Notes a request of chat or of Anthropic messages, before its body's prompt is forgotten; others have no messages that end. */
    public static void read(SharedPrompts shared, String path, Sender sender, RequestBody body) {
        PrefillBody.Api api = PrefillBody.Api.ofPath(path);
        GenerationRequest request = (api == PrefillBody.Api.CHAT || api == PrefillBody.Api.MESSAGES) && body.isJson()
                ? body.parseIfReadable()
                : null;
        if (request == null) {
            return;
        }
        MessageEnds ends = request.prompt().messageEnds(MOST_ENDS, MOST_BYTES);
        int[] bytes = ends.bytes();
        int keep = shared.used(ends.hashes(), bytes, request.promptBytes(), sender) - 1;
        if (keep >= 0) {
            shared.keep(ends.hash(keep), call(path, body, ends, keep, bytes[keep]), sender);
        }
    }

    private static @Nullable PrefixCall call(String path, RequestBody body, MessageEnds ends, int end, int bytes) {
        byte[] request = PrefixRequest.of(body.bytes(), ends.messages(end), ends.hash(end));
        return request == null
                ? null
                : new PrefixCall(path, request, body.promptIfReadable().first(bytes));
    }
}
