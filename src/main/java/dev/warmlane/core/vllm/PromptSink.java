package dev.warmlane.core.vllm;

/** Takes the canonical prompt of a request, in order. */
@FunctionalInterface
public interface PromptSink {

    /** Takes the next bytes. They belong to the caller and may change once this returns; where one call ends and the next begins says nothing. */
    void accept(byte[] bytes, int offset, int length);
}
