package org.eclipse.kura.wire.multiport;

import org.eclipse.kura.wire.WireComponent;
import org.osgi.annotation.versioning.ConsumerType;
import org.osgi.service.wireadmin.Consumer;

/** A wire component with several receiver ports. */
@ConsumerType
public interface MultiportWireReceiver extends Consumer, WireComponent {}
