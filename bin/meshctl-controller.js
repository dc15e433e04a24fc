#!/usr/bin/env node
import "../dist/controller.js";
