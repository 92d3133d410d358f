package org.eclipse.kura;

/** The message store is full. */
public class KuraStoreCapacityReachedException extends KuraStoreException {

    private static final long serialVersionUID = 1L;

    public KuraStoreCapacityReachedException(Object argument) {
        super(argument);
    }
}
