package dev.warmlane.core.prefix;

/** Of the prompts lately, by bytes, how much sessions share. Not safe for concurrent use. */
public final class SharedPart {
    /** How much of the average one prompt is. */
    private static final double ONE_PROMPT = 0.01;

    private double bytes;
    private double sharedBytes;

    /** A prompt of so many bytes has come, of which the first are shared. */
    public void add(long sharedNow, long bytesNow) {
        bytes += ONE_PROMPT * (bytesNow - bytes);
        sharedBytes += ONE_PROMPT * (sharedNow - sharedBytes);
    }

    /** In [0, 1]; 0 before any came. */
    public double share() {
        return bytes == 0 ? 0 : Math.min(1, sharedBytes / bytes);
    }
}
