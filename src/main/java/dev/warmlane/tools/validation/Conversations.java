package dev.warmlane.tools.validation;

import dev.warmlane.tools.validation.Management.CannotRunException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.IntStream;

/** Conversations side by side, a thread for each: each asks, takes the response into its next prompt, and asks on. */
record Conversations(Chat chat, String model, Talk talk) {

    /**
     * Holds one conversation for each session; the responses of each in the same order.
     *
     * @param system the system prompt of a session
     */
    List<List<Chat.Response>> hold(
            List<String> sessions, Function<String, String> system, int turns, Consumer<Chat.Response> each)
            throws InterruptedException {
        ExecutorService threads = Executors.newFixedThreadPool(sessions.size());
        try {
            List<Callable<List<Chat.Response>>> conversations = new ArrayList<>();
            for (String session : sessions) {
                conversations.add(() -> hold(session, system.apply(session), turns, each));
            }
            List<List<Chat.Response>> responses = new ArrayList<>();
            for (Future<List<Chat.Response>> held : threads.invokeAll(conversations)) {
                responses.add(held.get());
            }
            return responses;
        } catch (ExecutionException e) {
            throw new IllegalStateException("conversation: %s (expected: a response or a failure)".formatted(e), e);
        } finally {
            threads.shutdownNow();
        }
    }

    /** Holds some turns, or those up to the first that fails: without its response the next would be another conversation. */
    private List<Chat.Response> hold(String session, String system, int turns, Consumer<Chat.Response> each)
            throws InterruptedException {
        List<Chat.Message> messages = new ArrayList<>(List.of(new Chat.Message("system", system)));
        List<Chat.Response> responses = new ArrayList<>();
        for (int turn = 0; turn < turns; turn++) {
            if (turn > 0) {
                Thread.sleep(talk.think().toMillis());
            }
            messages.add(new Chat.Message("user", Talk.text(talk.questionTokens, session + "/" + turn)));
            Chat.Response response = chat.ask(session, model, messages, talk);
            responses.add(response);
            each.accept(response);
            if (response.failure() != null) {
                break;
            }
            messages.add(new Chat.Message("assistant", response.text()));
        }
        return responses;
    }

    /**
     * Brings the system prompt that all sessions share into every pod's cache. Sent plainly it would reach only one: a gateway
     * that prices cold prompts is right to send all who share one to the pod that has it, and sessions that start together would
     * gather there. So sessions with texts of their own are sent until one is bound to each pod, and these then say the shared
     * prompt. For one thread.
     */
    static final class WarmUp {
        /** Idle pods are chosen as if at random: after this many sessions for each, one in 100,000 pods has none. */
        private static final int MOST_ROUNDS = 12;

        private final Conversations conversations;
        private final Talk talk;
        private final String run;
        private final Map<String, String> sessions = new LinkedHashMap<>();
        private final List<String> failures = new ArrayList<>();
        private int sent;

        WarmUp(Conversations conversations, Talk talk, String run) {
            this.conversations = conversations;
            this.talk = talk;
            this.run = run;
        }

        /**
         * Warms so many pods, or as many as it can reach.
         *
         * @param system the shared prompt
         * @throws CannotRunException if every request failed
         */
        void warm(int pods, String system) throws InterruptedException {
            for (int round = 0; round < MOST_ROUNDS && sessions.size() < pods; round++) {
                List<String> names = IntStream.rangeClosed(1, pods)
                        .mapToObj(number -> "validate-%s-warm-up-%d".formatted(run, sent + number))
                        .toList();
                sent += pods;
                ask(names, name -> Talk.text(talk.questionTokens, name));
                if (failures.size() == sent) {
                    throw new CannotRunException(
                            "gateway: every request failed, the first with: %s (expected: a response)"
                                    .formatted(failures.get(0)));
                }
                if (sessions.isEmpty()) {
                    return;
                }
            }
            ask(List.copyOf(sessions.values()), name -> system);
        }

        /** The names of the pods that were reached; none where responses do not name them. */
        List<String> reached() {
            return List.copyOf(sessions.keySet());
        }

        private void ask(List<String> names, Function<String, String> system) throws InterruptedException {
            List<List<Chat.Response>> responses = conversations.hold(names, system, 1, response -> {});
            for (int i = 0; i < names.size(); i++) {
                Chat.Response response = responses.get(i).get(0);
                if (response.failure() != null) {
                    failures.add(response.failure());
                } else if (response.endpoint() != null) {
                    sessions.putIfAbsent(response.endpoint(), names.get(i));
                }
            }
        }
    }
}
