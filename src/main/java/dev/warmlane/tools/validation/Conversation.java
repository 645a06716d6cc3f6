package dev.warmlane.tools.validation;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** One session: asks, takes the response into its next prompt, and asks on. For one thread. */
final class Conversation {
    private final Chat chat;
    private final String model;
    private final Talk talk;
    private final String session;
    private final List<Chat.Message> messages = new ArrayList<>();

    /** @param system the prompt that it begins with */
    Conversation(Chat chat, String model, Talk talk, String session, String system) {
        this.chat = chat;
        this.model = model;
        this.talk = talk;
        this.session = session;
        messages.add(new Chat.Message("system", system));
    }

    /** Holds some turns, or those up to the first that fails: without its response the next would be another conversation. */
    List<ChatResponse> hold(int turns, Consumer<ChatResponse> eachAnswer) throws InterruptedException {
        List<ChatResponse> answers = new ArrayList<>();
        for (int turn = 0; turn < turns; turn++) {
            if (turn > 0) {
                Thread.sleep(talk.think().toMillis());
            }
            messages.add(new Chat.Message("user", Wording.of(talk.questionTokens(), session + "/" + turn)));
            ChatResponse answer = chat.ask(session, model, messages, talk);
            answers.add(answer);
            eachAnswer.accept(answer);
            if (answer.failure() != null) {
                break;
            }
            messages.add(new Chat.Message("assistant", answer.text()));
        }
        return answers;
    }
}
