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

/** Conversations side by side, a thread for each. */
final class Conversations {
    private final Chat chat;
    private final String model;
    private final Talk talk;

    Conversations(Chat chat, String model, Talk talk) {
        this.chat = chat;
        this.model = model;
        this.talk = talk;
    }

    /**
     * Holds one conversation for each session; the responses of each in the same order.
     *
     * @param system the system prompt of a session
     */
    List<List<ChatResponse>> hold(
            List<String> sessions, Function<String, String> system, int turns, Consumer<ChatResponse> eachAnswer)
            throws InterruptedException {
        ExecutorService threads = Executors.newFixedThreadPool(sessions.size());
        try {
            List<Callable<List<ChatResponse>>> conversations = new ArrayList<>();
            for (String session : sessions) {
                Conversation conversation = new Conversation(chat, model, talk, session, system.apply(session));
                conversations.add(() -> conversation.hold(turns, eachAnswer));
            }
            List<List<ChatResponse>> answers = new ArrayList<>();
            for (Future<List<ChatResponse>> held : threads.invokeAll(conversations)) {
                answers.add(held.get());
            }
            return answers;
        } catch (ExecutionException e) {
            throw new IllegalStateException("conversation: %s (expected: an answer or a failure)".formatted(e), e);
        } finally {
            threads.shutdownNow();
        }
    }
}
