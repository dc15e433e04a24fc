/** The controller from source, under a name by which its lock knows a controller. */
import "../../../src/main/controller.ts";
