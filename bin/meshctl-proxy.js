#!/usr/bin/env node
import "../dist/proxy.js";
