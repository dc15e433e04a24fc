#!/usr/bin/env node
import "../dist/init.js";
