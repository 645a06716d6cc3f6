package dev.warmlane.validation;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;

/** Conversations side by side, a thread for each. */
final class Conversations {
    private final Chat chat;
    private final Talk talk;
    private final String system;

    /** @param run the run's name, which every text depends on, so that nothing of an earlier run is in a cache */
    Conversations(Chat chat, Talk talk, String run) {
        this.chat = chat;
        this.talk = talk;
        this.system = Wording.of(talk.systemTokens(), run);
    }

    /** Holds one conversation for each session; the answers of each in the same order. */
    List<List<Answer>> hold(String model, List<String> sessions, int turns, Consumer<Answer> eachAnswer)
            throws InterruptedException {
        ExecutorService threads = Executors.newFixedThreadPool(sessions.size());
        try {
            List<Callable<List<Answer>>> conversations = new ArrayList<>();
            for (String session : sessions) {
                Conversation conversation = new Conversation(chat, model, talk, session, system);
                conversations.add(() -> conversation.hold(turns, eachAnswer));
            }
            List<List<Answer>> answers = new ArrayList<>();
            for (Future<List<Answer>> held : threads.invokeAll(conversations)) {
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
