package dev.warmlane.harness;

import com.dynatrace.hash4j.hashing.Hashing;
import dev.warmlane.tools.replay.load.Load;
import dev.warmlane.tools.replay.load.Load.LoadRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * Growing conversations of several tenants, each with its own system prompt: as block hashes for a replay, and as the texts
 * that are the same to the token once the simulator's chat template is around them.
 *
 * <p>System prompts end, and turns begin, 8 tokens after a multiple of 512. So full blocks of 16 tokens hold no more of what
 * prompts share than full blocks of 512 do, and the last token of a response, which no engine computes, costs neither a block.
 */
public final class TenantConversations {
    public static final int ANSWER_TOKENS = 32;

    private static final int TENANTS = 48;
    private static final int SESSIONS = 3 * TENANTS;
    private static final int TURNS = 3;
    private static final int SYSTEM_TOKENS = 8 * Load.BLOCK_SIZE_TOKENS + 8;
    private static final int QUESTION_TOKENS = Load.BLOCK_SIZE_TOKENS - ANSWER_TOKENS;
    private static final double BEGIN_SECONDS = 7;
    private static final double MAX_THINK_SECONDS = 2;

    /** What the template writes around a system prompt. */
    private static final int SYSTEM_BYTES = "<|system|>\n\n".length();

    /** What it writes around a question. */
    private static final int QUESTION_BYTES = "<|user|>\n\n<|assistant|>\n".length();

    /** What it writes after a response. */
    private static final int ANSWER_BYTES = "\n".length();

    private TenantConversations() {}

    /** Conversations begin evenly spread; the times between responses and next turns are random. */
    public static Load load() {
        SplittableRandom random = new SplittableRandom(1);
        List<LoadRequest> arrivals = new ArrayList<>();
        for (int session = 0; session < SESSIONS; session++) {
            LoadRequest next = null;
            for (int turn = TURNS - 1; turn > 0; turn--) {
                next = turn(random.nextDouble() * MAX_THINK_SECONDS, session, turn, next);
            }
            arrivals.add(turn(BEGIN_SECONDS * session / SESSIONS, session, 0, next));
        }
        return new Load("tenants", arrivals);
    }

    /** The system prompt of this session's tenant. */
    public static String system(int session) {
        return text("tenant-" + tenant(session) + "-", SYSTEM_TOKENS, SYSTEM_BYTES);
    }

    /** What this session asks. */
    public static String question(int session, int turn) {
        int around = turn == 0 ? QUESTION_BYTES : ANSWER_BYTES + QUESTION_BYTES;
        return text("session-" + session + "-" + turn + "-", QUESTION_TOKENS, around);
    }

    private static LoadRequest turn(double delaySeconds, int session, int turn, @Nullable LoadRequest next) {
        int promptTokens = SYSTEM_TOKENS + QUESTION_TOKENS + turn * (QUESTION_TOKENS + ANSWER_TOKENS);
        long[] hashes = new long[(promptTokens + ANSWER_TOKENS) / Load.BLOCK_SIZE_TOKENS];
        for (int i = 0; i < hashes.length; i++) {
            boolean shared = i < SYSTEM_TOKENS / Load.BLOCK_SIZE_TOKENS;
            hashes[i] = Hashing.xxh3_64().hashLongLongToLong(shared ? tenant(session) : TENANTS + session, i);
        }
        return new LoadRequest(Math.round(delaySeconds * 1e9), session, promptTokens, ANSWER_TOKENS, hashes, next);
    }

    private static int tenant(int session) {
        return session % TENANTS;
    }

    private static String text(String topic, int tokens, int aroundBytes) {
        return ChatClient.text(tokens, topic).substring(0, tokens * LoadRequest.BYTES_PER_TOKEN - aroundBytes);
    }
}
