package dev.warmlane.tools.validation;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import java.util.function.Function;

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
}
