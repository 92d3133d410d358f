/** Starts and watches child JVMs that train, quantize or probe. */
package io.karu.worker;
