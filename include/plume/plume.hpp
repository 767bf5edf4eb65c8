#pragma once

/// Everything that a program which embeds plume needs.

#include <plume/chat.hpp>
#include <plume/core/error.hpp>
#include <plume/core/executor.hpp>
#include <plume/core/notice.hpp>
#include <plume/core/result.hpp>
#include <plume/core/version.hpp>
#include <plume/generate.hpp>
#include <plume/model.hpp>
#include <plume/session.hpp>
#include <plume/text/chat_template.hpp>
#include <plume/text/tokenizer.hpp>
